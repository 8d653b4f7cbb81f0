namespace Hil.Kernel;

public sealed unsafe partial class IoSystem
{
    private readonly Stack<IoOperation> _idleOperations = new(64);
    private readonly HashSet<AsyncRequest> _requests = [];
    private readonly Lock _requestsLock = new();

    internal IoOperation RentOperation(KernelObject file)
    {
        if (!_idleOperations.TryPop(out IoOperation? operation))
            operation = new IoOperation(_kernel);
        operation.File = file;
        return operation;
    }

    internal void ReturnOperation(IoOperation operation)
    {
        operation.File = null;
        operation.Reset();
        _idleOperations.Push(operation);
    }

    /// <summary>Carries out a request on the calling kernel thread.</summary>
    /// <param name="description">What is told of the end, or null.</param>
    internal IoResult Execute(KernelObject file, in FileRequest request, OutsideRequest? description)
    {
        IoResult result = Execute(file, request);
        if (description != null)
            NoteEnd(description, request, result);
        return result;
    }

    /// <inheritdoc cref="Execute(KernelObject, in FileRequest, OutsideRequest?)"/>
    internal IoResult Execute(KernelObject file, in FileRequest request)
    {
        var state = (FileState)file.Payload!;
        if (!request.IsAllowed(state.CanRead, state.CanWrite))
            return new IoResult(STATUS_ACCESS_DENIED, 0);
        using var call = new SystemCall(
            _kernel, request.IsFromKernel ? KPROCESSOR_MODE.KernelMode : KPROCESSOR_MODE.UserMode,
            request.IsFromKernel ? null : request.Service);
        bool isSerial = state.IsSynchronous;
        var fileObject = (FILE_OBJECT*)file.Address;
        _kernel.Objects.Reference(file);
        if (isSerial)
            Ntoskrnl.WaitFor(&fileObject->Lock.Header);

        IoOperation operation = RentOperation(file);
        NTSTATUS status = operation.Prepare(request);
        IoResult result = status.IsSuccess ? operation.SendAndWait() : new IoResult(status, 0);
        operation.CopyOut(request.Output, result);
        ReturnOperation(operation);

        if (isSerial)
        {
            if (request.MajorFunction is IRP_MJ_READ or IRP_MJ_WRITE)
                fileObject->CurrentByteOffset.QuadPart = request.Offset + (long)result.Information;
            Ntoskrnl.KeSetEvent(&fileObject->Lock, IO_NO_INCREMENT, false);
        }
        _kernel.Objects.Dereference(file);
        return result;
    }

    internal void Track(AsyncRequest request)
    {
        lock (_requestsLock)
            _requests.Add(request);
    }

    internal void Untrack(AsyncRequest request)
    {
        lock (_requestsLock)
            _requests.Remove(request);
    }

    // The machine has stopped or is gone: nobody will complete what is pending.
    private void FailOperations(Exception reason)
    {
        AsyncRequest[] open;
        lock (_requestsLock)
        {
            open = [.. _requests];
            _requests.Clear();
        }
        foreach (AsyncRequest request in open)
            request.Fail(reason);
    }
}
