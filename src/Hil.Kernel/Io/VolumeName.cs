namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint DosNameTag = 0x4E_44_6F_49; // IoDN

    /// <summary>Finds the drive letter of a volume.</summary>
    /// <param name="volumeDeviceObject">A device object that a symbolic link such as \??\D: leads to.</param>
    /// <param name="dosName">Gets a string such as D:, in paged pool that the caller frees with ExFreePool.</param>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND for a device without drive letter;
    /// STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: IoVolumeDeviceToDosName. There is no mount manager: the links are asked.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoVolumeDeviceToDosName(void* volumeDeviceObject, UNICODE_STRING* dosName)
    {
        NtKernel kernel = NtKernel.Current;
        string? device = kernel.Objects.Require(volumeDeviceObject).Name;
        for (char letter = 'A'; letter <= 'Z' && device != null; letter++)
        {
            KernelObject? link = kernel.Objects.Names.Find($@"\??\{letter}:");
            if (link?.Payload is string target && target.Equals(device, StringComparison.OrdinalIgnoreCase))
                return CopyDosName(letter, dosName);
        }
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }

    /// <inheritdoc cref="IoVolumeDeviceToDosName"/>
    /// <remarks>WDK: RtlVolumeDeviceToDosName (obsolete).</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlVolumeDeviceToDosName(void* volumeDeviceObject, UNICODE_STRING* dosName) =>
        IoVolumeDeviceToDosName(volumeDeviceObject, dosName);

    private static NTSTATUS CopyDosName(char letter, UNICODE_STRING* dosName)
    {
        var text = (char*)ExAllocatePoolWithTag(POOL_TYPE.PagedPool, 3 * sizeof(char), DosNameTag);
        if (text == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        (text[0], text[1], text[2]) = (letter, ':', '\0');
        dosName->Buffer = text;
        dosName->Length = 2 * sizeof(char);
        dosName->MaximumLength = 3 * sizeof(char);
        return STATUS_SUCCESS;
    }
}
