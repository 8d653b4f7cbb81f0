namespace Hil.Kernel;

// A file object is one open of a device. IRP_MJ_CREATE makes it, the last handle's close brings IRP_MJ_CLEANUP, the
// last reference's end IRP_MJ_CLOSE; every request in flight holds a reference, so close comes after all of them.

public sealed unsafe partial class IoSystem
{
    /// <summary>As CreateFileCore, for the kernel.</summary>
    internal NTSTATUS CreateFile(string path, FileOpening opening, out KernelObject? file)
    {
        using var call = new SystemCall(_kernel, KPROCESSOR_MODE.KernelMode);
        return CreateFileCore(path, opening, out file);
    }

    /// <summary>Opens a device: finds it by name, makes a file object and sends IRP_MJ_CREATE to the top of its stack.
    /// On a kernel thread at PASSIVE_LEVEL.</summary>
    /// <param name="path">Full path in the object namespace; what follows the device's name is the file's name.</param>
    /// <param name="file">The file object, with one reference; null unless the status is a success.</param>
    private NTSTATUS CreateFileCore(string path, FileOpening opening, out KernelObject? file)
    {
        file = null;
        NTSTATUS status = _kernel.Objects.Names.Parse(path, out KernelObject? found, out string rest);
        if (!status.IsSuccess)
            return status;
        if (found!.Type != ObjectType.Device)
            return STATUS_OBJECT_TYPE_MISMATCH;
        var device = (DEVICE_OBJECT*)found.Address;
        status = CheckOpenable(device);
        if (status.IsSuccess && opening.Target != 0 && !IsInStackOf(device, (DEVICE_OBJECT*)opening.Target))
            status = STATUS_INVALID_DEVICE_OBJECT_PARAMETER;
        if (!status.IsSuccess)
            return status;

        KernelObject? opened = AllocateFile(device, opening, rest);
        if (opened == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        device->ReferenceCount++;
        _kernel.Objects.Reference(found);
        status = SendCreate(opened, opening);
        ((FileState)opened.Payload!).IsOpen = status.IsSuccess;
        if (status.IsSuccess)
            file = opened;
        else
            _kernel.Objects.Dereference(opened);
        return status;
    }

    private static NTSTATUS CheckOpenable(DEVICE_OBJECT* device)
    {
        const uint GoingAway = DOE_DELETE_PENDING | DOE_UNLOAD_PENDING | DOE_REMOVE_PENDING;
        if ((device->Flags & DO_DEVICE_INITIALIZING) != 0
            || (Ntoskrnl.ExtensionOf(device)->ExtensionFlags & GoingAway) != 0)
            return STATUS_NO_SUCH_DEVICE;
        return (device->Flags & DO_EXCLUSIVE) != 0 && device->ReferenceCount != 0
            ? STATUS_ACCESS_DENIED
            : STATUS_SUCCESS;
    }

    private static bool IsInStackOf(DEVICE_OBJECT* bottom, DEVICE_OBJECT* wanted)
    {
        for (DEVICE_OBJECT* device = bottom; device != null; device = device->AttachedDevice)
        {
            if (PointerCheck.Follow<DEVICE_OBJECT>(device, "DeviceObject->AttachedDevice") == wanted)
                return true;
        }
        return false;
    }

    private KernelObject? AllocateFile(DEVICE_OBJECT* device, FileOpening opening, string name)
    {
        var file = (FILE_OBJECT*)_kernel.Pool.Allocate((nuint)sizeof(FILE_OBJECT), PoolTag, zero: true);
        if (file == null)
            return null;
        UNICODE_STRING* fileName = DriverString.Create(_kernel, name);
        if (fileName == null)
        {
            _kernel.Pool.Free(file);
            return null;
        }
        file->Type = IO_TYPE_FILE;
        file->Size = (short)sizeof(FILE_OBJECT);
        file->DeviceObject = device;
        file->Vpb = device->Vpb;
        file->FileName = *fileName;
        var state = new FileState(device, fileName, opening);
        file->ReadAccess = state.CanRead;
        file->WriteAccess = state.CanWrite;
        file->DeleteAccess = (opening.Access & DELETE) != 0;
        file->Flags = opening.IsSynchronous ? FO_SYNCHRONOUS_IO : 0;
        Ntoskrnl.KeInitializeEvent(&file->Lock, EVENT_TYPE.SynchronizationEvent, true);
        Ntoskrnl.KeInitializeEvent(&file->Event, EVENT_TYPE.NotificationEvent, false);
        InitializeListHead(&file->IrpList);
        return _kernel.Objects.Add(ObjectType.File, file, state, closed: SendCleanup, deleted: CloseFile);
    }

    private NTSTATUS SendCreate(KernelObject file, FileOpening opening)
    {
        var security = (CreateSecurity*)_kernel.Pool.Allocate((nuint)sizeof(CreateSecurity), PoolTag, zero: true);
        if (security == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        security->State.OriginalDesiredAccess = opening.Access;
        security->State.PreviouslyGrantedAccess = opening.Access;
        security->Context.AccessState = &security->State;
        security->Context.DesiredAccess = opening.Access;
        security->Context.FullCreateOptions = (opening.Disposition << 24) | opening.Options;

        IoOperation operation = RentOperation(file);
        NTSTATUS status = operation.Prepare(IRP_MJ_CREATE);
        if (status.IsSuccess)
        {
            operation.Irp->Flags |= IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API;
            IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(operation.Irp);
            next->Parameters.Create.SecurityContext = &security->Context;
            next->Parameters.Create.Options = security->Context.FullCreateOptions;
            next->Parameters.Create.FileAttributes = (ushort)FILE_ATTRIBUTE_NORMAL;
            next->Parameters.Create.ShareAccess = (ushort)opening.Share;
            status = operation.SendAndWait().Status;
        }
        ReturnOperation(operation);
        _kernel.Pool.Free(security);
        return status;
    }

    // The result of cleanup and close is nobody's: a driver cannot refuse them.
    private void SendCleanup(KernelObject file) => SendEnd(file, IRP_MJ_CLEANUP);

    private void CloseFile(KernelObject file)
    {
        var closed = (FILE_OBJECT*)file.Address;
        var state = (FileState)file.Payload!;
        if (state.IsOpen && (closed->Flags & FO_CLEANUP_COMPLETE) == 0)
            SendEnd(file, IRP_MJ_CLEANUP);
        if (state.IsOpen)
            SendEnd(file, IRP_MJ_CLOSE);
        FreedIrps.CheckAll();
        Ntoskrnl.FreeStreamIdentifiers(state);
        closed->Type = 0;
        _kernel.Pool.Free(closed);
        DriverString.Free(_kernel, state.Name);
        Ntoskrnl.ReleaseOpen(state.Device);
        _kernel.Objects.Dereference(_kernel.Objects.Require(state.Device));
    }

    private void SendEnd(KernelObject file, byte majorFunction)
    {
        IoOperation operation = RentOperation(file);
        if (operation.Prepare(majorFunction).IsSuccess)
            operation.SendAndWait();
        if (majorFunction == IRP_MJ_CLEANUP)
            ((FILE_OBJECT*)file.Address)->Flags |= FO_CLEANUP_COMPLETE;
        ReturnOperation(operation);
    }

    private struct CreateSecurity
    {
        public IO_SECURITY_CONTEXT Context;
        public ACCESS_STATE State;
    }
}
