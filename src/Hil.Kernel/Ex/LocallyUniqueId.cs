namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const ulong FirstLuid = 1001; // Windows' first; those below are privileges and well-known sessions.

    /// <summary>Gives out a number that this system has not given out before.</summary>
    /// <remarks>WDK: ZwAllocateLocallyUniqueId.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwAllocateLocallyUniqueId(LUID* luid)
    {
        ulong made = FirstLuid + NtKernel.Current.LuidsMade++;
        *luid = new LUID { LowPart = (uint)made, HighPart = (int)(made >> 32) };
        return STATUS_SUCCESS;
    }
}
