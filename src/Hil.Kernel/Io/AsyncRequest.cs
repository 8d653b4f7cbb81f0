using System.Buffers;

namespace Hil.Kernel;

/// <summary>A request from a thread outside the kernel, which does not wait for it.</summary>
internal sealed unsafe class AsyncRequest
{
    private readonly NtKernel _kernel;
    private readonly TaskCompletionSource<IoResult> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FileRequest _request;
    private readonly long _fileNumber;
    private OutsideRequest? _description;
    private MemoryHandle _input;
    private MemoryHandle _output;
    private IoOperation? _operation;
    private bool _isCancelled;

    /// <param name="request">Without buffers: they are pinned here, until the request has ended.</param>
    public AsyncRequest(
        NtKernel kernel,
        KernelObject file,
        long fileNumber,
        in FileRequest request,
        ReadOnlyMemory<byte> input,
        Memory<byte> output)
    {
        _kernel = kernel;
        File = file;
        _fileNumber = fileNumber;
        _input = input.Pin();
        _output = output.Pin();
        _request = request with
        {
            Input = (byte*)_input.Pointer,
            InputBytes = (uint)input.Length,
            Output = (byte*)_output.Pointer,
            OutputBytes = (uint)output.Length,
        };
    }

    public KernelObject File { get; }

    public Task<IoResult> Task => _source.Task;

    /// <summary>The request as it is when the kernel takes it up.</summary>
    public OutsideRequest Describe() =>
        _description = _kernel.Io.Describe(OutsideRequestKind.Submit, _fileNumber, _request);

    /// <summary>Takes over the description of a request that is done again.</summary>
    public void DescribeAs(OutsideRequest description) => _description = description;

    public OutsideRequest DescribeCancel() =>
        new(OutsideRequestKind.Cancel) { Code = (uint)(_description?.Number ?? 0) };

    /// <summary>Sends the request, on a kernel thread.</summary>
    public bool Start()
    {
        using var call = new SystemCall(_kernel, KPROCESSOR_MODE.UserMode, _request.Service);
        var state = (FileState)File.Payload!;
        if (_isCancelled)
            End(new IoResult(STATUS_CANCELLED, 0));
        else if (!_request.IsAllowed(state.CanRead, state.CanWrite))
            End(new IoResult(STATUS_ACCESS_DENIED, 0));
        else if (state.IsSynchronous)
            End(_kernel.Io.Execute(File, _request));
        else
            Send();
        return true;
    }

    /// <summary>Cancels the request, on a kernel thread.</summary>
    public bool Cancel()
    {
        using var call = new SystemCall(_kernel, KPROCESSOR_MODE.UserMode, "NtCancelIoFile");
        _isCancelled = true;
        _operation?.Cancel();
        return true;
    }

    /// <summary>The operation has ended. May come at DISPATCH_LEVEL.</summary>
    public void Complete(IoResult result)
    {
        IoOperation operation = _operation!;
        _operation = null;
        operation.CopyOut(_request.Output, result);
        _kernel.Io.ReturnOperation(operation);
        _kernel.Objects.Dereference(File);
        End(result);
    }

    /// <summary>The machine is gone: the buffers stay pinned for a moment longer than the waiter knows, which harms
    /// nobody, because nothing runs any more that could write to them.</summary>
    public void Fail(Exception reason)
    {
        Unpin();
        if (reason is MachineLostException)
            _source.TrySetResult(new IoResult(STATUS_DEVICE_DOES_NOT_EXIST, 0));
        else
            _source.TrySetException(reason);
    }

    private void Send()
    {
        _kernel.Objects.Reference(File);
        _operation = _kernel.Io.RentOperation(File);
        _operation.Requester = this;
        NTSTATUS status = _operation.Prepare(_request);
        if (!status.IsSuccess)
        {
            Complete(new IoResult(status, 0));
            return;
        }
        _kernel.Io.Track(this);
        _operation.Send();
    }

    private void End(IoResult result)
    {
        _kernel.Io.Untrack(this);
        if (_description != null)
            _kernel.Io.NoteEnd(_description, _request, result);
        Unpin();
        _source.TrySetResult(result);
    }

    private void Unpin()
    {
        _input.Dispose();
        _output.Dispose();
        (_input, _output) = (default, default);
    }
}
