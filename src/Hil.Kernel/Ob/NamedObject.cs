namespace Hil.Kernel;

// What the routines ZwCreateXxx and ZwOpenXxx have in common, whatever the object is.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Opens a handle to an object that exists.</summary>
    private static NTSTATUS OpenNamed(
        OBJECT_ATTRIBUTES* attributes, ObjectType type, uint desiredAccess, void** handle)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        NTSTATUS status = PathOf(NtKernel.Current, attributes, out string path);
        if (!status.IsSuccess)
            return status;
        status = objects.Names.Parse(path, out KernelObject? found, out string rest);
        if (!status.IsSuccess)
            return status;
        if (rest.Length != 0)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        if (found!.Type != type)
            return STATUS_OBJECT_TYPE_MISMATCH;
        *handle = (void*)objects.Handles.Open(found, desiredAccess);
        return STATUS_SUCCESS;
    }

    /// <summary>Reads where an object is to stand, before it is made; an object that stands there already is opened, if
    /// the caller lets it (OBJ_OPENIF).</summary>
    /// <param name="attributes">Null for an object without a name.</param>
    /// <param name="path">Empty for an object without a name.</param>
    /// <returns>STATUS_OBJECT_NAME_EXISTS: the handle is open, and nothing is to be made.</returns>
    private static NTSTATUS FindBeforeCreation(
        OBJECT_ATTRIBUTES* attributes, ObjectType type, uint desiredAccess, void** handle, out string path)
    {
        path = "";
        if (attributes == null)
            return STATUS_SUCCESS;
        ObjectTable objects = NtKernel.Current.Objects;
        NTSTATUS status = PathOf(NtKernel.Current, attributes, out path);
        KernelObject? found = status.IsSuccess && path.Length != 0 ? objects.Names.Find(path) : null;
        if (found == null)
            return status;
        if (found.Type != type)
            return STATUS_OBJECT_TYPE_MISMATCH;
        if ((attributes->Attributes & OBJ_OPENIF) == 0)
            return STATUS_OBJECT_NAME_COLLISION;
        *handle = (void*)objects.Handles.Open(found, desiredAccess);
        return STATUS_OBJECT_NAME_EXISTS;
    }

    /// <summary>Names an object that was just made and opens the first handle to it; without a name that is free, the
    /// object goes away again.</summary>
    private static NTSTATUS OpenCreated(
        KernelObject created, string path, OBJECT_ATTRIBUTES* attributes, uint desiredAccess, void** handle)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        NTSTATUS status = path.Length == 0 ? STATUS_SUCCESS : objects.Names.Insert(path, created);
        if (!status.IsSuccess)
        {
            objects.Dereference(created);
            return status;
        }
        if (path.Length != 0 && (attributes->Attributes & OBJ_PERMANENT) != 0)
            objects.MakePermanent(created);
        *handle = OpenOnly(created, desiredAccess);
        return STATUS_SUCCESS;
    }
}
