namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Sets a value; the key is made if it is missing.</summary>
    /// <remarks>WDK: RtlWriteRegistryValue.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlWriteRegistryValue(
        uint relativeTo, [UncheckedPointer] char* path, char* valueName, uint valueType, void* valueData,
        uint valueLength)
    {
        const int DataArgument = 4;
        NTSTATUS status = FindRelative(relativeTo, path, create: true, out RegistryKey? key);
        if (!status.IsSuccess)
            return status;
        if (valueLength > ValueBytesMax)
            return STATUS_INSUFFICIENT_RESOURCES;
        PointerCheck.Argument((ulong)valueData, (int)valueLength, DataArgument);
        string name = valueName == null ? "" : ReadText(valueName, "ValueName");
        key!.Set(name, valueType, new ReadOnlySpan<byte>(valueData, valueData == null ? 0 : (int)valueLength));
        return STATUS_SUCCESS;
    }

    /// <summary>Deletes a value.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND when key or value is missing.</returns>
    /// <remarks>WDK: RtlDeleteRegistryValue.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlDeleteRegistryValue(uint relativeTo, [UncheckedPointer] char* path, char* valueName)
    {
        NTSTATUS status = FindRelative(relativeTo, path, create: false, out RegistryKey? key);
        if (!status.IsSuccess)
            return status;
        return key!.DeleteValue(ReadText(valueName, "ValueName")) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
    }

    /// <summary>Tells whether a key exists: STATUS_SUCCESS or STATUS_OBJECT_NAME_NOT_FOUND.</summary>
    /// <remarks>WDK: RtlCheckRegistryKey.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlCheckRegistryKey(uint relativeTo, [UncheckedPointer] char* path) =>
        FindRelative(relativeTo, path, create: false, out _);

    /// <summary>Makes a key and those above it.</summary>
    /// <remarks>WDK: RtlCreateRegistryKey.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS RtlCreateRegistryKey(uint relativeTo, [UncheckedPointer] char* path) =>
        FindRelative(relativeTo, path, create: true, out _);
}
