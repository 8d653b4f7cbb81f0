using System.IO.Pipelines;

namespace Hil.Kernel;

/// <summary>An open device, as an application has it: what it asks goes down the device's stack as IRPs.</summary>
/// <remarks>The synchronous methods may be called on kernel threads, where they allocate nothing, and on any other
/// thread; the asynchronous ones on any thread. Memory of <see cref="IoSystem.WindowMemory"/> reaches the driver
/// without a copy. When the machine is lost, every request ends with STATUS_DEVICE_DOES_NOT_EXIST; when it stops with
/// a bug check, with BugCheckException.</remarks>
public sealed class HilFile : IDisposable, IAsyncDisposable
{
    private readonly NtKernel _kernel;
    private readonly KernelObject _file;
    private readonly ulong _handle;
    private int _isClosed;

    internal HilFile(NtKernel kernel, KernelObject file, ulong handle, string path, long number)
    {
        _kernel = kernel;
        _file = file;
        _handle = handle;
        Path = path;
        Number = number;
    }

    /// <summary>As it was opened.</summary>
    public string Path { get; }

    /// <summary>From 1, in the order in which the kernel's files were opened.</summary>
    public long Number { get; }

    /// <summary>Address of the FILE_OBJECT.</summary>
    public ulong Address => _file.Address;

    internal KernelObject Object => _file;

    /// <summary>The system handle behind the file.</summary>
    internal ulong Handle => _handle;

    /// <summary>Sends IRP_MJ_READ and waits for it.</summary>
    public unsafe IoResult Read(Span<byte> buffer, long offset = 0)
    {
        fixed (byte* output = buffer)
            return Execute(new FileRequest
            {
                MajorFunction = IRP_MJ_READ,
                Offset = offset,
                Output = output,
                OutputBytes = (uint)buffer.Length,
            });
    }

    /// <summary>Sends IRP_MJ_WRITE and waits for it.</summary>
    public unsafe IoResult Write(ReadOnlySpan<byte> buffer, long offset = 0)
    {
        fixed (byte* input = buffer)
            return Execute(new FileRequest
            {
                MajorFunction = IRP_MJ_WRITE,
                Offset = offset,
                Input = input,
                InputBytes = (uint)buffer.Length,
            });
    }

    /// <summary>Sends IRP_MJ_DEVICE_CONTROL and waits for it.</summary>
    public unsafe IoResult DeviceIoControl(uint code, ReadOnlySpan<byte> input, Span<byte> output)
    {
        fixed (byte* inputBytes = input, outputBytes = output)
            return Execute(new FileRequest
            {
                MajorFunction = IRP_MJ_DEVICE_CONTROL,
                Code = code,
                Input = inputBytes,
                InputBytes = (uint)input.Length,
                Output = outputBytes,
                OutputBytes = (uint)output.Length,
            });
    }

    /// <summary>Sends IRP_MJ_READ; cancellation cancels the IRP, whose result then says how it ended.</summary>
    public Task<IoResult> ReadAsync(
        Memory<byte> buffer, long offset = 0, CancellationToken cancellationToken = default) =>
        SubmitAsync(
            new FileRequest { MajorFunction = IRP_MJ_READ, Offset = offset }, default, buffer, cancellationToken);

    /// <summary>Sends IRP_MJ_WRITE; cancellation cancels the IRP, whose result then says how it ended.</summary>
    public Task<IoResult> WriteAsync(
        ReadOnlyMemory<byte> buffer, long offset = 0, CancellationToken cancellationToken = default) =>
        SubmitAsync(
            new FileRequest { MajorFunction = IRP_MJ_WRITE, Offset = offset }, buffer, default, cancellationToken);

    /// <summary>Sends IRP_MJ_DEVICE_CONTROL; cancellation cancels the IRP, whose result then says how it
    /// ended.</summary>
    public Task<IoResult> DeviceIoControlAsync(
        uint code,
        ReadOnlyMemory<byte> input = default,
        Memory<byte> output = default,
        CancellationToken cancellationToken = default) =>
        SubmitAsync(
            new FileRequest { MajorFunction = IRP_MJ_DEVICE_CONTROL, Code = code }, input, output, cancellationToken);

    /// <summary>Sends IRP_MJ_INTERNAL_DEVICE_CONTROL, which only drivers send in Windows.</summary>
    public Task<IoResult> InternalDeviceIoControlAsync(
        uint code,
        ReadOnlyMemory<byte> input = default,
        Memory<byte> output = default,
        CancellationToken cancellationToken = default) =>
        SubmitAsync(
            new FileRequest { MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL, Code = code },
            input, output, cancellationToken);

    /// <summary>The device's data as a stream of segments in the RAM window: with direct I/O the device's DMA lands
    /// in the memory that the consumer reads. Ends at a read of no bytes or STATUS_END_OF_FILE.</summary>
    /// <param name="requestBytes">Size of a read at most; a multiple of the page size wastes nothing.</param>
    public PipeReader AsPipeReader(long offset = 0, int requestBytes = (int)PAGE_SIZE) =>
        PipeReader.Create(
            new HilFileStream(this, offset),
            new StreamPipeReaderOptions(_kernel.Io.WindowMemory, requestBytes, minimumReadSize: requestBytes));

    /// <summary>Takes data for the device in segments in the RAM window; a flush writes them, without a copy by
    /// Hil.</summary>
    public PipeWriter AsPipeWriter(long offset = 0, int segmentBytes = (int)PAGE_SIZE) =>
        PipeWriter.Create(
            new HilFileStream(this, offset),
            new StreamPipeWriterOptions(_kernel.Io.WindowMemory, segmentBytes));

    /// <summary>Closes the file: cleanup now, what is still pending is cancelled, close when the last request has
    /// ended.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return;
        try
        {
            _kernel.Scheduler.Run(Close, DescribeClose);
        }
        catch (Exception e) when (e is MachineLostException or BugCheckException or ObjectDisposedException)
        {
            // A machine that does not run has no open files.
        }
    }

    /// <inheritdoc cref="Dispose"/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return;
        try
        {
            await _kernel.Scheduler.RunAsync(CloseNow, DescribeClose).ConfigureAwait(false);
        }
        catch (Exception e) when (e is MachineLostException or BugCheckException or ObjectDisposedException)
        {
            // A machine that does not run has no open files.
        }
    }

    /// <summary>Closes the file on a kernel thread.</summary>
    internal void Close()
    {
        _isClosed = 1;
        using var call = new SystemCall(_kernel, KPROCESSOR_MODE.UserMode, nameof(Ntoskrnl.NtClose));
        _kernel.Objects.Handles.Close(_handle);
        _kernel.Io.CancelRequests(_file);
    }

    private bool CloseNow()
    {
        Close();
        return true;
    }

    private OutsideRequest DescribeClose() => new(OutsideRequestKind.Close) { File = Number };

    private IoResult Execute(in FileRequest request)
    {
        ObjectDisposedException.ThrowIf(_isClosed != 0, this);
        return _kernel.Scheduler.IsKernelThread ? _kernel.Io.Execute(_file, request) : ExecuteOnKernelThread(request);
    }

    private IoResult ExecuteOnKernelThread(FileRequest request)
    {
        IoResult result = default;
        try
        {
            OutsideRequest? what = null;
            _kernel.Scheduler.Run(
                () => result = _kernel.Io.Execute(_file, request, what),
                () => what = _kernel.Io.Describe(OutsideRequestKind.Execute, Number, request));
        }
        catch (MachineLostException)
        {
            result = new IoResult(STATUS_DEVICE_DOES_NOT_EXIST, 0);
        }
        return result;
    }

    private async Task<IoResult> SubmitAsync(
        FileRequest parameters, ReadOnlyMemory<byte> input, Memory<byte> output, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed != 0, this);
        var request = new AsyncRequest(_kernel, _file, Number, parameters, input, output);
        try
        {
            await _kernel.Scheduler.RunAsync(request.Start, request.Describe).ConfigureAwait(false);
            await using (cancellationToken.Register(() => _ = _kernel.Scheduler.RunAsync(
                request.Cancel, request.DescribeCancel)))
                return await request.Task.ConfigureAwait(false);
        }
        catch (MachineLostException)
        {
            return new IoResult(STATUS_DEVICE_DOES_NOT_EXIST, 0);
        }
    }
}
