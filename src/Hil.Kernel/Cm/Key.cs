namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint RegOptionVolatile = 1;
    private const uint RegCreatedNewKey = 1;
    private const uint RegOpenedExistingKey = 2;
    private const int KeyNameCharsMax = 255; // Registry element size limits.

    /// <summary>Opens a key, making it first if it is missing; all keys above it must exist.</summary>
    /// <param name="disposition">Gets REG_CREATED_NEW_KEY or REG_OPENED_EXISTING_KEY; may be null.</param>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND when the parent is missing, STATUS_CHILD_MUST_BE_VOLATILE.</returns>
    /// <remarks>WDK: ZwCreateKey.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwCreateKey(
        void** keyHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes, uint titleIndex,
        UNICODE_STRING* @class, uint createOptions, uint* disposition) =>
        FilterOpen(
            REG_NOTIFY_CLASS.RegNtPreCreateKeyEx, keyHandle, desiredAccess, objectAttributes, createOptions, @class,
            disposition,
            () => CreateKey(keyHandle, desiredAccess, objectAttributes, @class, createOptions, disposition));

    private static NTSTATUS CreateKey(
        void** keyHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes, UNICODE_STRING* @class,
        uint createOptions, uint* disposition)
    {
        NTSTATUS status = KeyHandle.Resolve(objectAttributes, out RegistryKey start, out string path);
        if (!status.IsSuccess)
            return status;
        path = path.Trim('\\');
        RegistryKey? key = start.Find(path);
        bool isNew = key == null;
        if (isNew)
        {
            status = CreateKey(start, path, (createOptions & RegOptionVolatile) != 0, out key);
            if (!status.IsSuccess)
                return status;
            key!.Class = DriverString.Read(@class);
        }
        if (disposition != null)
            *disposition = isNew ? RegCreatedNewKey : RegOpenedExistingKey;
        *keyHandle = KeyHandle.Open(key!, desiredAccess);
        return STATUS_SUCCESS;
    }

    /// <summary>Opens a key that exists.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND.</returns>
    /// <remarks>WDK: ZwOpenKey.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwOpenKey(void** keyHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes) =>
        ZwOpenKeyEx(keyHandle, desiredAccess, objectAttributes, 0);

    /// <summary>As ZwOpenKey; the options do not matter to a registry in memory.</summary>
    /// <remarks>WDK: ZwOpenKeyEx.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwOpenKeyEx(
        void** keyHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes, uint openOptions) =>
        FilterOpen(
            REG_NOTIFY_CLASS.RegNtPreOpenKeyEx, keyHandle, desiredAccess, objectAttributes, openOptions, null, null,
            () => OpenKey(keyHandle, desiredAccess, objectAttributes));

    private static NTSTATUS OpenKey(void** keyHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes)
    {
        NTSTATUS status = KeyHandle.Resolve(objectAttributes, out RegistryKey start, out string path);
        if (!status.IsSuccess)
            return status;
        RegistryKey? key = start.Find(path);
        if (key == null)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        *keyHandle = KeyHandle.Open(key, desiredAccess);
        return STATUS_SUCCESS;
    }

    /// <summary>Deletes a key without subkeys. Handles that are open stay, and see STATUS_KEY_DELETED.</summary>
    /// <returns>STATUS_CANNOT_DELETE when it has subkeys.</returns>
    /// <remarks>WDK: ZwDeleteKey.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwDeleteKey(void* keyHandle) =>
        Filter(
            keyHandle, REG_NOTIFY_CLASS.RegNtPreDeleteKey, REG_NOTIFY_CLASS.RegNtPostDeleteKey,
            new REG_DELETE_KEY_INFORMATION(),
            () => DeleteKey(keyHandle));

    private static NTSTATUS DeleteKey(void* keyHandle)
    {
        NTSTATUS status = KeyHandle.Find(keyHandle, out RegistryKey key);
        if (status == STATUS_KEY_DELETED)
            return STATUS_SUCCESS;
        if (!status.IsSuccess)
            return status;
        if (key.Subkeys.Count > 0 || key.Parent == null)
            return STATUS_CANNOT_DELETE;
        key.Delete();
        return STATUS_SUCCESS;
    }

    /// <summary>Gives a key another name, below the same key.</summary>
    /// <param name="newName">One element of a path.</param>
    /// <returns>STATUS_CANNOT_DELETE when there is a key of the name already, STATUS_INVALID_PARAMETER for what is no
    /// name.</returns>
    /// <remarks>WDK: ZwRenameKey. Handles that are open stay.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwRenameKey(void* keyHandle, UNICODE_STRING* newName) =>
        Filter(
            keyHandle, REG_NOTIFY_CLASS.RegNtPreRenameKey, REG_NOTIFY_CLASS.RegNtPostRenameKey,
            new REG_RENAME_KEY_INFORMATION { NewName = newName },
            () => RenameKey(keyHandle, newName));

    private static NTSTATUS RenameKey(void* keyHandle, UNICODE_STRING* newName)
    {
        NTSTATUS status = KeyHandle.Find(keyHandle, out RegistryKey key);
        if (!status.IsSuccess)
            return status;
        string name = DriverString.Read(newName);
        if (name.Length is 0 or > KeyNameCharsMax || name.Contains('\\', StringComparison.Ordinal))
            return STATUS_INVALID_PARAMETER;
        return key.TryRename(name) ? STATUS_SUCCESS : STATUS_CANNOT_DELETE;
    }

    /// <summary>Describes a key.</summary>
    /// <remarks>WDK: ZwQueryKey; KeyBasicInformation, KeyNodeInformation, KeyFullInformation,
    /// KeyNameInformation.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQueryKey(
        void* keyHandle, KEY_INFORMATION_CLASS keyInformationClass, void* keyInformation, uint length,
        uint* resultLength) =>
        Filter(
            keyHandle, REG_NOTIFY_CLASS.RegNtPreQueryKey, REG_NOTIFY_CLASS.RegNtPostQueryKey,
            new REG_QUERY_KEY_INFORMATION
            {
                KeyInformationClass = keyInformationClass,
                KeyInformation = keyInformation,
                Length = length,
                ResultLength = resultLength,
            },
            () => QueryKey(keyHandle, keyInformationClass, keyInformation, length, resultLength));

    private static NTSTATUS QueryKey(
        void* keyHandle, KEY_INFORMATION_CLASS keyInformationClass, void* keyInformation, uint length,
        uint* resultLength)
    {
        NTSTATUS status = KeyHandle.Find(keyHandle, out RegistryKey key);
        if (!status.IsSuccess)
            return status;
        return CopyInformation(Describe(key, keyInformationClass), keyInformation, length, resultLength);
    }

    /// <summary>Describes the subkey of an index, in name order.</summary>
    /// <returns>STATUS_NO_MORE_ENTRIES behind the last.</returns>
    /// <remarks>WDK: ZwEnumerateKey.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwEnumerateKey(
        void* keyHandle, uint index, KEY_INFORMATION_CLASS keyInformationClass, void* keyInformation, uint length,
        uint* resultLength) =>
        Filter(
            keyHandle, REG_NOTIFY_CLASS.RegNtPreEnumerateKey, REG_NOTIFY_CLASS.RegNtPostEnumerateKey,
            new REG_ENUMERATE_KEY_INFORMATION
            {
                Index = index,
                KeyInformationClass = keyInformationClass,
                KeyInformation = keyInformation,
                Length = length,
                ResultLength = resultLength,
            },
            () => EnumerateKey(keyHandle, index, keyInformationClass, keyInformation, length, resultLength));

    private static NTSTATUS EnumerateKey(
        void* keyHandle, uint index, KEY_INFORMATION_CLASS keyInformationClass, void* keyInformation, uint length,
        uint* resultLength)
    {
        NTSTATUS status = KeyHandle.Find(keyHandle, out RegistryKey key);
        if (!status.IsSuccess)
            return status;
        if (index >= (uint)key.Subkeys.Count)
            return STATUS_NO_MORE_ENTRIES;
        bool isName = keyInformationClass == KEY_INFORMATION_CLASS.KeyNameInformation;
        Information? information = isName ? null : Describe(key.Subkeys[(int)index], keyInformationClass);
        return CopyInformation(information, keyInformation, length, resultLength);
    }

    /// <summary>Writes a key to disk, which a registry in memory has no need of.</summary>
    /// <remarks>WDK: ZwFlushKey.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwFlushKey(void* keyHandle) =>
        Filter(
            keyHandle, REG_NOTIFY_CLASS.RegNtPreFlushKey, REG_NOTIFY_CLASS.RegNtPostFlushKey,
            new REG_FLUSH_KEY_INFORMATION(),
            () => FlushKey(keyHandle));

    private static NTSTATUS FlushKey(void* keyHandle) => KeyHandle.Find(keyHandle, out _);

    private static NTSTATUS CreateKey(RegistryKey start, string path, bool isVolatile, out RegistryKey? key)
    {
        key = null;
        int split = path.LastIndexOf('\\');
        string name = path[(split + 1)..];
        RegistryKey? parent = split < 0 ? start : start.Find(path[..split]);
        if (parent == null)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        if (name.Length is 0 or > KeyNameCharsMax)
            return STATUS_INVALID_PARAMETER;
        if (parent.IsVolatile && !isVolatile)
            return STATUS_CHILD_MUST_BE_VOLATILE;
        key = parent.CreateSubkey(name, isVolatile);
        return STATUS_SUCCESS;
    }

    private static Information? Describe(RegistryKey key, KEY_INFORMATION_CLASS kind) => kind switch
    {
        KEY_INFORMATION_CLASS.KeyBasicInformation => DescribeBasic(key),
        KEY_INFORMATION_CLASS.KeyNodeInformation => DescribeNode(key),
        KEY_INFORMATION_CLASS.KeyFullInformation => DescribeFull(key),
        KEY_INFORMATION_CLASS.KeyNameInformation =>
            new Information().Add(BytesOf(key.Path)).EndFixed().Add(key.Path),
        _ => null,
    };

    // KEY_BASIC_INFORMATION: LastWriteTime, TitleIndex, NameLength, Name.
    private static Information DescribeBasic(RegistryKey key) =>
        new Information().Add(key.LastWriteTime).Add(0u).Add(BytesOf(key.Name)).EndFixed().Add(key.Name);

    // KEY_NODE_INFORMATION: LastWriteTime, TitleIndex, ClassOffset, ClassLength, NameLength, Name, class.
    private static Information DescribeNode(RegistryKey key)
    {
        const uint NameOffset = 24;
        uint classOffset = key.Class.Length == 0 ? uint.MaxValue : NameOffset + BytesOf(key.Name);
        return new Information().Add(key.LastWriteTime).Add(0u).Add(classOffset).Add(BytesOf(key.Class))
            .Add(BytesOf(key.Name)).EndFixed().Add(key.Name).Add(key.Class);
    }

    // KEY_FULL_INFORMATION: LastWriteTime, TitleIndex, ClassOffset, ClassLength, SubKeys, MaxNameLen, MaxClassLen,
    // Values, MaxValueNameLen, MaxValueDataLen, Class. The longest lengths are in bytes, without terminators.
    private static Information DescribeFull(RegistryKey key)
    {
        const uint ClassOffset = 44;
        uint classOffset = key.Class.Length == 0 ? uint.MaxValue : ClassOffset;
        uint nameMax = 0, classMax = 0, valueNameMax = 0, dataMax = 0;
        foreach (RegistryKey subkey in key.Subkeys)
            (nameMax, classMax) = (Math.Max(nameMax, BytesOf(subkey.Name)), Math.Max(classMax, BytesOf(subkey.Class)));
        foreach (RegistryValue value in key.Values)
        {
            valueNameMax = Math.Max(valueNameMax, BytesOf(value.Name));
            dataMax = Math.Max(dataMax, (uint)value.Data.Length);
        }
        return new Information().Add(key.LastWriteTime).Add(0u).Add(classOffset).Add(BytesOf(key.Class))
            .Add((uint)key.Subkeys.Count).Add(nameMax).Add(classMax)
            .Add((uint)key.Values.Count).Add(valueNameMax).Add(dataMax).EndFixed().Add(key.Class);
    }

    /// <summary>An unknown information class (null) is an invalid parameter.</summary>
    private static NTSTATUS CopyInformation(Information? information, void* buffer, uint length, uint* resultLength) =>
        information == null ? STATUS_INVALID_PARAMETER : information.CopyTo(buffer, length, resultLength);

    private static uint BytesOf(string text) => (uint)(text.Length * sizeof(char));
}
