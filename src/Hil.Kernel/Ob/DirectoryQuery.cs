namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Opens a directory of the object namespace.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwOpenDirectoryObject.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwOpenDirectoryObject(
        void** directoryHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes) =>
        OpenNamed(objectAttributes, ObjectType.Directory, desiredAccess, directoryHandle);

    /// <summary>Lists the objects of a directory, with their types, in alphabetical order.</summary>
    /// <param name="buffer">Gets an OBJECT_DIRECTORY_INFORMATION for each object and an empty one, and behind them the
    /// characters.</param>
    /// <param name="context">Number of objects that were listed before; advanced.</param>
    /// <param name="returnLength">Gets the bytes written, or needed for the next object; may be null.</param>
    /// <returns>STATUS_MORE_ENTRIES if there are objects left that had no room, STATUS_NO_MORE_ENTRIES if there were
    /// none to list, STATUS_BUFFER_TOO_SMALL if not even one has room, STATUS_INVALID_HANDLE,
    /// STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>Win32: NtQueryDirectoryObject.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQueryDirectoryObject(
        void* directoryHandle, void* buffer, uint length, BOOLEAN returnSingleEntry, BOOLEAN restartScan,
        uint* context, uint* returnLength)
    {
        NTSTATUS status = ObjectOf(directoryHandle, ObjectType.Directory, out KernelObject? directory);
        if (!status.IsSuccess)
            return status;
        KernelObject[] children = NtKernel.Current.Objects.Names.ChildrenOf(directory!);
        int first = restartScan ? 0 : (int)Math.Min(*context, (uint)children.Length);
        int wanted = returnSingleEntry ? Math.Min(children.Length, first + 1) : children.Length;
        if (first == children.Length)
            return STATUS_NO_MORE_ENTRIES;

        int end = first;
        uint bytes = (uint)sizeof(OBJECT_DIRECTORY_INFORMATION);
        while (end < wanted && bytes + BytesOfEntry(children[end]) <= length)
            bytes += BytesOfEntry(children[end++]);
        if (returnLength != null)
            *returnLength = end == first ? bytes + BytesOfEntry(children[first]) : bytes;
        if (end == first)
            return STATUS_BUFFER_TOO_SMALL;
        DriverMemory.RequireWritable(buffer, bytes, nameof(ZwQueryDirectoryObject));
        WriteEntries(children.AsSpan(first, end - first), (OBJECT_DIRECTORY_INFORMATION*)buffer);
        *context = (uint)end;
        return end < wanted ? STATUS_MORE_ENTRIES : STATUS_SUCCESS;
    }

    private static void WriteEntries(ReadOnlySpan<KernelObject> children, OBJECT_DIRECTORY_INFORMATION* entries)
    {
        var characters = (char*)(entries + children.Length + 1);
        for (int i = 0; i < children.Length; i++)
        {
            string name = ObjectDirectory.LastPart(children[i]);
            string type = NameOfType(children[i].Type);
            entries[i].Name = CopyCharacters(name, characters);
            characters += name.Length + 1;
            entries[i].TypeName = CopyCharacters(type, characters);
            characters += type.Length + 1;
        }
        entries[children.Length] = default;
    }

    private static uint BytesOfEntry(KernelObject child) =>
        (uint)(sizeof(OBJECT_DIRECTORY_INFORMATION)
            + (ObjectDirectory.LastPart(child).Length + NameOfType(child.Type).Length + 2) * sizeof(char));
}
