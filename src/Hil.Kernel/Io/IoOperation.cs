using System.Runtime.CompilerServices;

namespace Hil.Kernel;

// One request for a file, from the requester's buffers to the result. Operations are kept and used again: each owns
// an event and a status block in the window and stand-ins for buffers outside it, so that a request allocates nothing
// managed.

/// <summary>A request for a file, while it is on its way.</summary>
internal sealed unsafe class IoOperation
{
    private const uint Tag = 0x70_4F_6F_49; // IoOp

    private readonly NtKernel _kernel;
    private readonly Block* _block;
    private readonly UserBuffer _input;
    private readonly UserBuffer _output;
    private DEVICE_OBJECT* _device;
    private DriverRoutine _dispatch;
    private FileRequest _request;
    private byte* _outputInWindow;
    private NTSTATUS _status;
    private nuint _information;
    private bool _wasPending;
    private bool _isFinished;
    private bool _hasReturned;

    public IoOperation(NtKernel kernel)
    {
        _kernel = kernel;
        _block = (Block*)kernel.Pool.Allocate((nuint)sizeof(Block), Tag, zero: true);
        Invariant.Holds(_block != null, "the RAM window has room for an operation");
        Ntoskrnl.KeInitializeEvent(&_block->Finished, EVENT_TYPE.NotificationEvent, false);
        _input = new UserBuffer(kernel);
        _output = new UserBuffer(kernel);
    }

    public IRP* Irp { get; private set; }

    public KernelObject? File { get; set; }

    /// <summary>Who is told when the request ends, if nobody waits for it on a kernel thread.</summary>
    public AsyncRequest? Requester { get; set; }

    private string Dispatch => _kernel.Modules.Find(_dispatch.Address) == null
        ? "a dispatch routine"
        : $"the dispatch routine {_kernel.Modules.Describe(_dispatch.Address)}";

    private FILE_OBJECT* FileObject => (FILE_OBJECT*)File!.Address;

    /// <summary>Allocates the IRP for the file's stack and names the request in its first location.</summary>
    public NTSTATUS Prepare(byte majorFunction)
    {
        _isFinished = _hasReturned = false;
        _block->Finished.Header.SignalState = 0;
        var file = (FileState)File!.Payload!;
        _device = file.Target != null ? file.Target : Ntoskrnl.IoGetAttachedDevice(file.Device);
        DRIVER_OBJECT* driver = _device->DriverObject;
        _dispatch = PointerCheck.IsReadable((ulong)driver, (ulong)sizeof(DRIVER_OBJECT))
            ? driver->MajorFunction[majorFunction]
            : default; // IofCallDriver says so.
        Irp = Ntoskrnl.AllocateIrp(_device->StackSize, IrpOwner.Thread);
        if (Irp == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        if (majorFunction is IRP_MJ_CLEANUP or IRP_MJ_CLOSE)
        {
            Irp->Flags |= IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API;
            Irp->UserEvent = &_block->Finished;
        }
        _kernel.Io.Irps.Find(Irp).Operation = this;
        Irp->RequestorMode = Ntoskrnl.ExGetPreviousMode();
        Irp->UserIosb = &_block->Iosb;
        Irp->Tail.Overlay.Thread = Ntoskrnl.KeGetCurrentThread();
        Irp->Tail.Overlay.OriginalFileObject = FileObject;
        IO_STACK_LOCATION* next = IoGetNextIrpStackLocation(Irp);
        next->MajorFunction = majorFunction;
        next->FileObject = FileObject;
        return STATUS_SUCCESS;
    }

    /// <summary>As Prepare, with the request's buffers and parameters.</summary>
    public NTSTATUS Prepare(in FileRequest request)
    {
        _request = request;
        void* input = InWindow(request.Input, request.InputBytes, _input, isCopied: true);
        _outputInWindow = (byte*)InWindow(request.Output, request.OutputBytes, _output, request.IsOutputRead);
        if ((input == null && request.InputBytes != 0) || (_outputInWindow == null && request.OutputBytes != 0))
            return STATUS_INSUFFICIENT_RESOURCES;
        NTSTATUS status = Prepare(request.MajorFunction);
        if (!status.IsSuccess)
            return status;
        Irp->UserEvent = request.Event;
        bool isDescribed = request.MajorFunction switch
        {
            IRP_MJ_FLUSH_BUFFERS => true,
            _ when request.IsControl => Ntoskrnl.DescribeControl(
                Irp, request.Code,
                new Ntoskrnl.ControlBuffers(input, request.InputBytes, _outputInWindow, request.OutputBytes)),
            // The parameters of both queries lie alike.
            IRP_MJ_QUERY_INFORMATION or IRP_MJ_QUERY_VOLUME_INFORMATION =>
                Ntoskrnl.DescribeQuery(Irp, request.Code, _outputInWindow, request.OutputBytes),
            IRP_MJ_SET_INFORMATION => Ntoskrnl.DescribeSet(Irp, request.Code, input, request.InputBytes),
            IRP_MJ_READ => Ntoskrnl.DescribeTransfer(
                Irp, _device, _outputInWindow, request.OutputBytes, request.Offset),
            _ => Ntoskrnl.DescribeTransfer(Irp, _device, input, request.InputBytes, request.Offset),
        };
        return isDescribed ? STATUS_SUCCESS : Drop();
    }

    /// <summary>Sends the IRP and waits for its end.</summary>
    public IoResult SendAndWait()
    {
        NTSTATUS returned = Ntoskrnl.IofCallDriver(_device, Irp);
        if (!_isFinished)
            Ntoskrnl.WaitFor(&_block->Finished.Header);
        return Conclude(returned);
    }

    /// <summary>Sends the IRP. The requester hears of its end: now, if it is over when the driver returns, or
    /// later.</summary>
    public void Send()
    {
        NTSTATUS returned = Ntoskrnl.IofCallDriver(_device, Irp);
        _hasReturned = true;
        if (_isFinished)
            Requester!.Complete(Conclude(returned));
        else if (returned != STATUS_PENDING)
            ReportUnfinished(returned);
    }

    /// <summary>Asks the driver to cancel the request, if it has not ended.</summary>
    public void Cancel()
    {
        if (!_isFinished && Irp != null)
            Ntoskrnl.IoCancelIrp(Irp);
    }

    /// <summary>Copies what the driver produced to the requester's memory outside the window.</summary>
    public void CopyOut(byte* target, in IoResult result)
    {
        if (_outputInWindow == target || _request.OutputBytes == 0)
            return;
        ulong bytes = _request.IsOutputWritten ? _request.OutputBytes
            : result.Status.IsError ? 0
            : Math.Min(result.Information, _request.OutputBytes);
        if (_request.MajorFunction == IRP_MJ_READ)
            bytes = result.Status.IsError ? 0 : Math.Min(result.Information, _request.OutputBytes);
        Buffer.MemoryCopy(_outputInWindow, target, _request.OutputBytes, bytes);
        _kernel.Io.CountCopied((long)bytes);
    }

    /// <summary>Makes the operation ready for the next request.</summary>
    public void Reset()
    {
        Irp = null;
        Requester = null;
        _request = default;
        _input.Trim();
        _output.Trim();
    }

    /// <summary>The I/O manager's last word on the IRP, which is freed already. May come at DISPATCH_LEVEL.</summary>
    internal void Finish(NTSTATUS status, nuint information, bool wasPending)
    {
        Irp = null;
        (_status, _information, _wasPending, _isFinished) = (status, information, wasPending, true);
        _block->Iosb.Status = status;
        _block->Iosb.Information = information;
        if (Requester == null)
            Ntoskrnl.KeSetEvent(&_block->Finished, IO_NO_INCREMENT, false);
        else if (_hasReturned)
            Requester.Complete(Conclude(STATUS_PENDING));
    }

    // What the dispatch routine returned and how it treated the IRP must agree (WDK: "DRIVER_DISPATCH": a routine
    // that marks an IRP pending returns STATUS_PENDING, and only then).
    private IoResult Conclude(NTSTATUS returned)
    {
        if (returned == STATUS_PENDING && !_wasPending)
            _kernel.Violation($"{Dispatch} returned STATUS_PENDING for an IRP that it had not marked pending");
        else if (returned != STATUS_PENDING && _wasPending)
            _kernel.Violation($"{Dispatch} marked its IRP pending and returned {returned}");
        else if (returned != STATUS_PENDING && returned != _status)
            _kernel.Violation($"{Dispatch} returned {returned} for an IRP that it completed with {_status}");
        return new IoResult(returned == STATUS_PENDING ? _status : returned, _information);
    }

    private void ReportUnfinished(NTSTATUS returned) =>
        _kernel.Violation($"{Dispatch} returned {returned} and has not completed its IRP");

    private NTSTATUS Drop()
    {
        Ntoskrnl.DropIrp(Irp);
        Irp = null;
        return STATUS_INSUFFICIENT_RESOURCES;
    }

    private void* InWindow(byte* buffer, uint bytes, UserBuffer standIn, bool isCopied)
    {
        if (bytes == 0)
            return null;
        if (_request.IsFromKernel)
            return buffer;
        IGuestMemory memory = _kernel.Services.Memory;
        if ((ulong)buffer >= memory.UserBase && (ulong)buffer + bytes <= memory.KernelBase)
            return buffer;
        void* reserved = standIn.Reserve(bytes);
        if (reserved == null || !isCopied)
            return reserved;
        Buffer.MemoryCopy(buffer, reserved, bytes, bytes);
        _kernel.Io.CountCopied(bytes);
        return reserved;
    }

    private struct Block
    {
        public KEVENT Finished;
        public IO_STATUS_BLOCK Iosb;
    }
}
