namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint BootDiskInformationBytes = 24;

    /// <summary>Tells which disk the system was started from. Drivers may ask while boot drivers are initialised, which
    /// is over here before any driver is loaded.</summary>
    /// <param name="size">In bytes; BOOTDISK_INFORMATION or longer.</param>
    /// <returns>STATUS_TOO_LATE; STATUS_INVALID_PARAMETER for a buffer that is too small.</returns>
    /// <remarks>WDK: IoGetBootDiskInformation.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoGetBootDiskInformation(void* bootDiskInformation, uint size) =>
        size < BootDiskInformationBytes ? STATUS_INVALID_PARAMETER : STATUS_TOO_LATE;
}
