using System.Buffers;
using System.Text;

namespace Hil.Kernel;

// Requests from above are inputs of a run. Written down, they can be asked again with nobody above: the kernel does the
// very same work on the same thread, with buffers of its own where the requester's lay outside the window.
public sealed unsafe partial class IoSystem
{
    private readonly Dictionary<long, HilFile> _writtenFiles = [];
    private readonly Dictionary<long, AsyncRequest> _writtenRequests = [];
    private long _filesOpened;

    /// <summary>A read, write or control request in a form that can be written down.</summary>
    internal OutsideRequest Describe(OutsideRequestKind kind, long file, in FileRequest request)
    {
        bool isOutputRead = request.IsOutputRead && request.OutputBytes != 0;
        var data = new byte[request.InputBytes + (isOutputRead ? request.OutputBytes : 0)];
        new ReadOnlySpan<byte>(request.Input, (int)request.InputBytes).CopyTo(data);
        if (isOutputRead)
            new ReadOnlySpan<byte>(request.Output, (int)request.OutputBytes)
                .CopyTo(data.AsSpan((int)request.InputBytes));
        return new OutsideRequest(kind)
        {
            File = file,
            Code = request.Code,
            Offset = request.Offset,
            Flags = request.MajorFunction | (isOutputRead ? OutsideRequest.OutputIsRead : 0),
            InputAddress = WindowAddressOf(request.Input),
            OutputAddress = WindowAddressOf(request.Output),
            OutputBytes = request.OutputBytes,
            Data = data,
        };
    }

    /// <summary>Does a request again that was written down in another run; false for one that is not the I/O system's.
    /// On a kernel thread.</summary>
    /// <param name="request">With its number.</param>
    /// <param name="findDevice">Name of the device under test, for an open without a path.</param>
    public bool TryRepeat(OutsideRequest request, Func<string?> findDevice)
    {
        switch (request.Kind)
        {
            case OutsideRequestKind.Nothing:
                return true;
            case OutsideRequestKind.ListPending:
                _ = DescribePending();
                return true;
            case OutsideRequestKind.Reserve:
                _ = WindowMemory.Reserve(request.Code);
                return true;
            case OutsideRequestKind.Open:
                Reopen(request, findDevice);
                return true;
            case OutsideRequestKind.Close:
                if (_writtenFiles.Remove(request.File, out HilFile? file))
                    file.Close();
                return true;
            case OutsideRequestKind.Submit:
                Resubmit(request);
                return true;
            case OutsideRequestKind.Execute:
                Reexecute(request);
                return true;
            case OutsideRequestKind.Cancel:
                if (_writtenRequests.TryGetValue(request.Code, out AsyncRequest? open))
                    open.Cancel();
                return true;
            default:
                return false;
        }
    }

    /// <summary>Describes an open; on a kernel thread.</summary>
    public static OutsideRequest DescribeOpen(string? path, FileOpening opening) => new(OutsideRequestKind.Open)
    {
        Code = opening.Access,
        Flags = opening.Share,
        Offset = opening.Options | ((long)opening.Disposition << 32),
        Data = path == null ? default : Encoding.UTF8.GetBytes(path),
    };

    /// <summary>Says how a request ended, if it is written down. On a kernel thread.</summary>
    public void NoteEnd(OutsideRequest? description, NTSTATUS status, ulong information = 0)
    {
        if (description != null)
            _kernel.Services.Schedule.OnRequestEnd(description, status, information, default);
    }

    internal void NoteEnd(OutsideRequest description, in FileRequest request, in IoResult result)
    {
        _writtenRequests.Remove(description.Number);
        bool hasOutput = request.MajorFunction == IRP_MJ_READ || request.IsControl;
        int bytes = hasOutput && !result.Status.IsError ? (int)Math.Min(result.Information, request.OutputBytes) : 0;
        _kernel.Services.Schedule.OnRequestEnd(
            description, result.Status, result.Information, new ReadOnlySpan<byte>(request.Output, bytes));
    }

    private void Reopen(OutsideRequest request, Func<string?> findDevice)
    {
        string? path = request.Data.IsEmpty ? findDevice() : Encoding.UTF8.GetString(request.Data.Span);
        NTSTATUS status = STATUS_NO_SUCH_DEVICE;
        HilFile? file = null;
        if (path != null)
        {
            var opening = new FileOpening(
                request.Code, request.Flags, (uint)request.Offset, (uint)(request.Offset >> 32));
            status = TryOpen(path, opening, out file);
        }
        if (file != null)
            _writtenFiles[file.Number] = file;
        NoteEnd(request, status, (ulong)(file?.Number ?? 0));
    }

    private void Resubmit(OutsideRequest request)
    {
        if (!_writtenFiles.TryGetValue(request.File, out HilFile? file))
            return;
        SplitData(request, out Memory<byte> input, out Memory<byte> output);
        var again = new AsyncRequest(_kernel, file.Object, file.Number, RequestOf(request), input, output);
        again.DescribeAs(request);
        _writtenRequests[request.Number] = again;
        again.Start();
    }

    private void Reexecute(OutsideRequest request)
    {
        if (!_writtenFiles.TryGetValue(request.File, out HilFile? file))
            return;
        SplitData(request, out Memory<byte> input, out Memory<byte> output);
        fixed (byte* inputBytes = input.Span, outputBytes = output.Span)
        {
            FileRequest again = RequestOf(request) with
            {
                Input = inputBytes,
                InputBytes = (uint)input.Length,
                Output = outputBytes,
                OutputBytes = (uint)output.Length,
            };
            Execute(file.Object, again, request);
        }
    }

    private static FileRequest RequestOf(OutsideRequest request) => new()
    {
        MajorFunction = (byte)request.Flags,
        Code = request.Code,
        Offset = request.Offset,
    };

    // Buffers lie where they lay if that was in the window, else anywhere.
    private void SplitData(OutsideRequest request, out Memory<byte> input, out Memory<byte> output)
    {
        bool isOutputRead = (request.Flags & OutsideRequest.OutputIsRead) != 0;
        int inputBytes = request.Data.Length - (isOutputRead ? (int)request.OutputBytes : 0);
        input = BufferAt(request.InputAddress, inputBytes);
        request.Data.Span[..inputBytes].CopyTo(input.Span);
        output = BufferAt(request.OutputAddress, (int)request.OutputBytes);
        if (isOutputRead)
            request.Data.Span[inputBytes..].CopyTo(output.Span);
    }

    private Memory<byte> BufferAt(ulong address, int bytes)
    {
        if (bytes == 0)
            return default;
        return address != 0 && IsUserRange(address, (ulong)bytes)
            ? new WindowRange((byte*)address, bytes).Memory
            : GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
    }

    private ulong WindowAddressOf(byte* buffer) =>
        IsUserRange((ulong)buffer, 1) ? (ulong)buffer : 0;

    private bool IsUserRange(ulong address, ulong bytes)
    {
        IGuestMemory memory = _kernel.Services.Memory;
        return address >= memory.UserBase && address < memory.UserEnd && bytes <= memory.UserEnd - address;
    }

    private sealed class WindowRange(byte* start, int bytes) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => new(start, bytes);

        public override MemoryHandle Pin(int elementIndex = 0) => new(start + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
