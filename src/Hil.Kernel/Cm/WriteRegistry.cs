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
        if (NtKernel.Current.RegistryCallbacks.Any)
            return OnValue(key!, name, (handle, named) =>
                ZwSetValueKey((void*)handle, (UNICODE_STRING*)named, 0, valueType, valueData, valueLength));
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
        string name = ReadText(valueName, "ValueName");
        if (NtKernel.Current.RegistryCallbacks.Any)
            return OnValue(key!, name, static (handle, named) =>
                ZwDeleteValueKey((void*)handle, (UNICODE_STRING*)named));
        return key!.DeleteValue(name) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
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

    // By handle, as Windows does it, so that registry callbacks hear of it.
    private static NTSTATUS OnValue(RegistryKey key, string name, Func<nint, nint, NTSTATUS> operation)
    {
        NtKernel kernel = NtKernel.Current;
        UNICODE_STRING* named = DriverString.Create(kernel, name);
        if (named == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        void* handle = KeyHandle.Open(key, GENERIC_ALL);
        NTSTATUS status = operation((nint)handle, (nint)named);
        ZwClose(handle);
        DriverString.Free(kernel, named);
        return status;
    }
}
