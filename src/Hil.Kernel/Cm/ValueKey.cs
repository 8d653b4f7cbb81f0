namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint ValueBytesMax = 1 << 20; // WDK: Registry element size limits, the limit of a standard hive.

    /// <summary>Reads a value.</summary>
    /// <param name="resultLength">Gets the bytes that the whole answer takes, also on the two errors about
    /// length.</param>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND; STATUS_BUFFER_TOO_SMALL when not even the fixed part fits;
    /// STATUS_BUFFER_OVERFLOW when the rest was cut off.</returns>
    /// <remarks>WDK: ZwQueryValueKey.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQueryValueKey(
        void* keyHandle, UNICODE_STRING* valueName, KEY_VALUE_INFORMATION_CLASS keyValueInformationClass,
        void* keyValueInformation, uint length, uint* resultLength) =>
        Filter(
            keyHandle, REG_NOTIFY_CLASS.RegNtPreQueryValueKey, REG_NOTIFY_CLASS.RegNtPostQueryValueKey,
            new REG_QUERY_VALUE_KEY_INFORMATION
            {
                ValueName = valueName,
                KeyValueInformationClass = keyValueInformationClass,
                KeyValueInformation = keyValueInformation,
                Length = length,
                ResultLength = resultLength,
            },
            () => QueryValueKey(
                keyHandle, valueName, keyValueInformationClass, keyValueInformation, length, resultLength));

    private static NTSTATUS QueryValueKey(
        void* keyHandle, UNICODE_STRING* valueName, KEY_VALUE_INFORMATION_CLASS keyValueInformationClass,
        void* keyValueInformation, uint length, uint* resultLength)
    {
        NTSTATUS status = KeyHandle.Find(keyHandle, out RegistryKey key);
        if (!status.IsSuccess)
            return status;
        RegistryValue? value = key.FindValue(DriverString.Read(valueName));
        if (value == null)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        return CopyValue(value, keyValueInformationClass, keyValueInformation, length, resultLength);
    }

    /// <summary>Reads the value of an index.</summary>
    /// <returns>STATUS_NO_MORE_ENTRIES behind the last; otherwise as ZwQueryValueKey.</returns>
    /// <remarks>WDK: ZwEnumerateValueKey.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwEnumerateValueKey(
        void* keyHandle, uint index, KEY_VALUE_INFORMATION_CLASS keyValueInformationClass, void* keyValueInformation,
        uint length, uint* resultLength) =>
        Filter(
            keyHandle, REG_NOTIFY_CLASS.RegNtPreEnumerateValueKey, REG_NOTIFY_CLASS.RegNtPostEnumerateValueKey,
            new REG_ENUMERATE_VALUE_KEY_INFORMATION
            {
                Index = index,
                KeyValueInformationClass = keyValueInformationClass,
                KeyValueInformation = keyValueInformation,
                Length = length,
                ResultLength = resultLength,
            },
            () => EnumerateValueKey(
                keyHandle, index, keyValueInformationClass, keyValueInformation, length, resultLength));

    private static NTSTATUS EnumerateValueKey(
        void* keyHandle, uint index, KEY_VALUE_INFORMATION_CLASS keyValueInformationClass, void* keyValueInformation,
        uint length, uint* resultLength)
    {
        NTSTATUS status = KeyHandle.Find(keyHandle, out RegistryKey key);
        if (!status.IsSuccess)
            return status;
        if (index >= (uint)key.Values.Count)
            return STATUS_NO_MORE_ENTRIES;
        return CopyValue(key.Values[(int)index], keyValueInformationClass, keyValueInformation, length, resultLength);
    }

    /// <summary>Sets a value, replacing one of the same name.</summary>
    /// <remarks>WDK: ZwSetValueKey.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwSetValueKey(
        void* keyHandle, UNICODE_STRING* valueName, uint titleIndex, uint type, void* data, uint dataSize) =>
        Filter(
            keyHandle, REG_NOTIFY_CLASS.RegNtPreSetValueKey, REG_NOTIFY_CLASS.RegNtPostSetValueKey,
            new REG_SET_VALUE_KEY_INFORMATION
            {
                ValueName = valueName,
                TitleIndex = titleIndex,
                Type = type,
                Data = data,
                DataSize = dataSize,
            },
            () => SetValueKey(keyHandle, valueName, titleIndex, type, data, dataSize));

    private static NTSTATUS SetValueKey(
        void* keyHandle, UNICODE_STRING* valueName, uint titleIndex, uint type, void* data, uint dataSize)
    {
        const int DataArgument = 4;
        NTSTATUS status = KeyHandle.Find(keyHandle, out RegistryKey key);
        if (!status.IsSuccess)
            return status;
        if (dataSize > ValueBytesMax)
            return STATUS_INSUFFICIENT_RESOURCES;
        PointerCheck.Argument((ulong)data, (int)dataSize, DataArgument);
        key.Set(DriverString.Read(valueName), type, new ReadOnlySpan<byte>(data, data == null ? 0 : (int)dataSize));
        return STATUS_SUCCESS;
    }

    /// <summary>Deletes a value.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND.</returns>
    /// <remarks>WDK: ZwDeleteValueKey.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwDeleteValueKey(void* keyHandle, UNICODE_STRING* valueName) =>
        Filter(
            keyHandle, REG_NOTIFY_CLASS.RegNtPreDeleteValueKey, REG_NOTIFY_CLASS.RegNtPostDeleteValueKey,
            new REG_DELETE_VALUE_KEY_INFORMATION { ValueName = valueName },
            () => DeleteValueKey(keyHandle, valueName));

    private static NTSTATUS DeleteValueKey(void* keyHandle, UNICODE_STRING* valueName)
    {
        NTSTATUS status = KeyHandle.Find(keyHandle, out RegistryKey key);
        if (!status.IsSuccess)
            return status;
        return key.DeleteValue(DriverString.Read(valueName)) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
    }

    private static NTSTATUS CopyValue(
        RegistryValue value, KEY_VALUE_INFORMATION_CLASS kind, void* buffer, uint length, uint* resultLength)
    {
        Information? information = Describe(value, kind);
        return information == null ? STATUS_INVALID_PARAMETER : information.CopyTo(buffer, length, resultLength);
    }

    private static Information? Describe(RegistryValue value, KEY_VALUE_INFORMATION_CLASS kind) => kind switch
    {
        // KEY_VALUE_BASIC_INFORMATION: TitleIndex, Type, NameLength, Name.
        KEY_VALUE_INFORMATION_CLASS.KeyValueBasicInformation =>
            new Information().Add(0u).Add(value.Type).Add(BytesOf(value.Name)).EndFixed().Add(value.Name),
        KEY_VALUE_INFORMATION_CLASS.KeyValueFullInformation => DescribeFull(value, alignment: 4),
        KEY_VALUE_INFORMATION_CLASS.KeyValueFullInformationAlign64 => DescribeFull(value, alignment: 8),
        // KEY_VALUE_PARTIAL_INFORMATION: TitleIndex, Type, DataLength, Data.
        KEY_VALUE_INFORMATION_CLASS.KeyValuePartialInformation =>
            new Information().Add(0u).Add(value.Type).Add((uint)value.Data.Length).EndFixed().Add(value.Data),
        // KEY_VALUE_PARTIAL_INFORMATION_ALIGN64: Type, DataLength, Data.
        KEY_VALUE_INFORMATION_CLASS.KeyValuePartialInformationAlign64 =>
            new Information().Add(value.Type).Add((uint)value.Data.Length).EndFixed().Add(value.Data),
        _ => null,
    };

    // KEY_VALUE_FULL_INFORMATION: TitleIndex, Type, DataOffset, DataLength, NameLength, Name, aligned data.
    private static Information DescribeFull(RegistryValue value, int alignment)
    {
        const int NameOffset = 20;
        int dataOffset = (NameOffset + (int)BytesOf(value.Name) + alignment - 1) & -alignment;
        return new Information().Add(0u).Add(value.Type).Add((uint)dataOffset).Add((uint)value.Data.Length)
            .Add(BytesOf(value.Name)).EndFixed().Add(value.Name).AlignTo(alignment).Add(value.Data);
    }
}
