namespace Hil.Kernel;

/// <summary>Registry keys behind handles: a key object has no body, only handles name it.</summary>
internal static unsafe class KeyHandle
{
    public static void* Open(RegistryKey key, uint access)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        KernelObject opened = objects.Add(ObjectType.Key, null, key, Close, Delete);
        ulong handle = objects.Handles.Open(opened, access);
        objects.Dereference(opened);
        return (void*)handle;
    }

    private static void Close(KernelObject closed)
    {
        NtKernel kernel = NtKernel.Current;
        kernel.RegistryCallbacks.Close(closed);
        kernel.Registry.Watches.End(closed);
    }

    private static void Delete(KernelObject deleted)
    {
        NtKernel kernel = NtKernel.Current;
        if (kernel.KeyNames.Remove(deleted, out nint name))
            DriverString.Free(kernel, (UNICODE_STRING*)name);
    }

    /// <summary>The key of a handle. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_KEY_DELETED.</summary>
    public static NTSTATUS Find(void* handle, out RegistryKey key)
    {
        key = null!;
        KernelObject? target = NtKernel.Current.Objects.Handles.Find((ulong)handle);
        if (target == null)
            return STATUS_INVALID_HANDLE;
        if (target.Payload is not RegistryKey found)
            return STATUS_OBJECT_TYPE_MISMATCH;
        key = found;
        return found.IsDeleted ? STATUS_KEY_DELETED : STATUS_SUCCESS;
    }

    /// <summary>Splits OBJECT_ATTRIBUTES into the key to start at and the path below it.</summary>
    public static NTSTATUS Resolve(OBJECT_ATTRIBUTES* attributes, out RegistryKey start, out string path)
    {
        start = NtKernel.Current.Registry.Root;
        path = "";
        UNICODE_STRING* name = attributes->ObjectName;
        if (name != null)
            path = DriverString.Read(PointerCheck.Follow<UNICODE_STRING>(name, "ObjectAttributes->ObjectName"));
        if (attributes->RootDirectory != null)
        {
            NTSTATUS status = Find(attributes->RootDirectory, out start);
            if (!status.IsSuccess)
                return status;
            return path.StartsWith('\\') ? STATUS_OBJECT_PATH_SYNTAX_BAD : STATUS_SUCCESS;
        }
        if (!path.StartsWith('\\'))
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        return Registry.TryMakeRelative(path, out path) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
    }
}
