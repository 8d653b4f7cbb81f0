namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Creates a directory of the object namespace.</summary>
    /// <returns>STATUS_OBJECT_NAME_EXISTS if it was there and OBJ_OPENIF, STATUS_OBJECT_NAME_COLLISION without,
    /// STATUS_OBJECT_PATH_NOT_FOUND.</returns>
    /// <remarks>WDK: ZwCreateDirectoryObject.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwCreateDirectoryObject(
        void** directoryHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes)
    {
        NtKernel kernel = NtKernel.Current;
        NTSTATUS status = PathOf(kernel, objectAttributes, out string path);
        if (!status.IsSuccess)
            return status;
        KernelObject? found = kernel.Objects.Names.Find(path);
        if (found is { Type: ObjectType.Directory } && (objectAttributes->Attributes & OBJ_OPENIF) != 0)
        {
            *directoryHandle = (void*)kernel.Objects.Handles.Open(found, desiredAccess);
            return STATUS_OBJECT_NAME_EXISTS;
        }

        KernelObject created = kernel.Objects.Add(ObjectType.Directory, null);
        status = kernel.Objects.Names.Insert(path, created);
        if (status.IsSuccess && (objectAttributes->Attributes & OBJ_PERMANENT) != 0)
            kernel.Objects.MakePermanent(created);
        if (status.IsSuccess)
            *directoryHandle = (void*)kernel.Objects.Handles.Open(created, desiredAccess);
        kernel.Objects.Dereference(created);
        return status;
    }

    /// <summary>Lets a permanent object go with its last handle.</summary>
    /// <returns>STATUS_INVALID_HANDLE.</returns>
    /// <remarks>WDK: ZwMakeTemporaryObject.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwMakeTemporaryObject(void* handle)
    {
        NtKernel kernel = NtKernel.Current;
        KernelObject? target = kernel.Objects.Handles.Find((ulong)handle);
        if (target == null)
            return STATUS_INVALID_HANDLE;
        kernel.Objects.MakeTemporary(target);
        return STATUS_SUCCESS;
    }

    /// <summary>Lets a permanent object go with its last handle and reference.</summary>
    /// <remarks>WDK: ObMakeTemporaryObject.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void ObMakeTemporaryObject(void* @object)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        objects.MakeTemporary(objects.Require(@object));
    }

    /// <summary>Opens a symbolic link itself, not what it leads to.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwOpenSymbolicLinkObject.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwOpenSymbolicLinkObject(
        void** linkHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes)
    {
        NtKernel kernel = NtKernel.Current;
        NTSTATUS status = PathOf(kernel, objectAttributes, out string path);
        if (!status.IsSuccess)
            return status;
        KernelObject? found = kernel.Objects.Names.Find(path);
        if (found == null)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        if (found.Type != ObjectType.SymbolicLink)
            return STATUS_OBJECT_TYPE_MISMATCH;
        *linkHandle = (void*)kernel.Objects.Handles.Open(found, desiredAccess);
        return STATUS_SUCCESS;
    }

    /// <summary>Reads where a symbolic link leads.</summary>
    /// <param name="returnedLength">Gets the bytes needed; may be null.</param>
    /// <returns>STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_BUFFER_TOO_SMALL.</returns>
    /// <remarks>WDK: ZwQuerySymbolicLinkObject.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQuerySymbolicLinkObject(void* linkHandle, UNICODE_STRING* linkTarget, uint* returnedLength)
    {
        KernelObject? link = NtKernel.Current.Objects.Handles.Find((ulong)linkHandle);
        if (link == null)
            return STATUS_INVALID_HANDLE;
        if (link.Type != ObjectType.SymbolicLink)
            return STATUS_OBJECT_TYPE_MISMATCH;
        var target = (string)link.Payload!;
        int bytes = target.Length * sizeof(char);
        if (returnedLength != null)
            *returnedLength = (uint)bytes;
        if (bytes > linkTarget->MaximumLength)
            return STATUS_BUFFER_TOO_SMALL;
        if (bytes != 0)
        {
            PointerCheck.Follow<byte>(linkTarget->Buffer, "LinkTarget->Buffer");
            PointerCheck.Follow<byte>((byte*)linkTarget->Buffer + bytes - 1, "the end of LinkTarget->Buffer");
            target.CopyTo(new Span<char>(linkTarget->Buffer, target.Length));
        }
        linkTarget->Length = (ushort)bytes;
        return STATUS_SUCCESS;
    }
}
