// qtest is QEMU's test protocol: one text command a line, one answer a line, in order, with "IRQ raise 23" lines in
// between once a line is intercepted. QEMU answers every command and stops its main loop when nobody reads the answers
// (seen after 580 of them), so a reader always runs and at most OutstandingMax commands are unanswered.
//
// Posted writes are collected and sent together, by Nagle's rule: with nothing unanswered a command goes out at once;
// otherwise it waits for company until an answer arrives or the batch is full. As every command sent is answered,
// nothing stays behind, and there is no timer.

using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Hil.Machine.Qemu;

namespace Hil.Machine.Buses;

/// <summary>A pipelined client of QEMU's qtest socket. Any thread may use it; commands take effect in call
/// order.</summary>
public sealed class QtestClient : IDisposable
{
    /// <summary>Commands sent or queued that QEMU has not answered. Far below where QEMU stops (580), enough to hide
    /// its round trip.</summary>
    public const int OutstandingMax = 64;

    // Doorbells do not queue behind posted writes for room.
    private const int UrgentMax = 2 * OutstandingMax;
    private const int BatchMax = OutstandingMax / 2;
    private const int LineBytesMax = 1 << 16;
    private const ulong MessageWindow = 0xFEE0_0000;
    private const uint NmiMessage = 0x400;

    private readonly LocalSocket _socket;
    private readonly Func<MachineLostException>? _explainLoss;
    private readonly object _gate = new();
    private readonly Pipe _output = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0,
        useSynchronizationContext: false));
    private readonly QtestReply?[] _expected = new QtestReply?[UrgentMax];
    private readonly Stack<QtestReply> _freeReplies = new(OutstandingMax);
    private int _firstExpected;
    private int _outstanding;
    private int _unsent;
    private int _awaited;
    private MachineLostException? _lost;

    /// <param name="socket">Connected to QEMU's qtest channel; owned from here on.</param>
    /// <param name="explainLoss">Asked, on the reader thread, what to tell callers when the connection has
    /// ended.</param>
    public QtestClient(LocalSocket socket, Func<MachineLostException>? explainLoss = null)
    {
        _socket = socket;
        _explainLoss = explainLoss;
        var reader = new LineReader(socket, LineBytesMax, OnLine, OnClosed) { BytesToGather = CountGatherable };
        reader.Start("Hil qtest");
    }

    /// <summary>Called on the reader thread for every change of an intercepted line: global system interrupt and level.
    /// Must not wait for this client.</summary>
    public Action<int, bool>? LineChanged { get; set; }

    public ulong ReadMemory(ulong address, int width) => Request(QtestCommand.ReadName(width), address);

    public void WriteMemory(ulong address, int width, ulong value) =>
        Request(QtestCommand.WriteName(width), address, value);

    public uint ReadPort(ushort port, int width) => (uint)Request(QtestCommand.InName(width), port);

    public void WritePort(ushort port, int width, uint value) => Request(QtestCommand.OutName(width), port, value);

    /// <summary>Queues a write and does not wait for it.</summary>
    public void PostMemory(ulong address, int width, ulong value) =>
        Post(QtestCommand.WriteName(width), address, value);

    /// <summary>As <see cref="PostMemory"/>, for a port.</summary>
    public void PostPort(ushort port, int width, uint value) => Post(QtestCommand.OutName(width), port, value);

    /// <summary>Returns when everything queued before has reached its device.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_outstanding == 0 && _lost == null)
                return;
        }
        // Answers come in order, so the answer to a harmless command stands for all before it.
        Request("endianness"u8);
    }

    /// <summary>Reads pipelined: <paramref name="step"/> is added to the address after each access.</summary>
    public void ReadMemory(ulong address, Span<byte> destination, int width, int step) =>
        RequestMany(QtestCommand.ReadName(width), address, destination, width, step);

    /// <summary>Reads one port again and again, pipelined.</summary>
    public void ReadPort(ushort port, Span<byte> destination, int width) =>
        RequestMany(QtestCommand.InName(width), port, destination, width, step: 0);

    /// <summary>Raises an interrupt vector of the virtual processor: the write is an MSI. Does not wait.</summary>
    public void RingDoorbell(byte vector) => SendUrgent(vector);

    /// <summary>Raises an NMI, which also wakes a processor that has masked every vector. Does not wait.</summary>
    public void RingNmi() => SendUrgent(NmiMessage);

    /// <summary>Reports inputs of the device at a QOM path (an IOAPIC) to <see cref="LineChanged"/>; they no longer
    /// reach it.</summary>
    public void InterceptInterrupts(string path)
    {
        byte[] command = [.. "irq_intercept_in "u8, .. System.Text.Encoding.UTF8.GetBytes(path)];
        Request(command);
    }

    /// <summary>Ends the reader's receive call; it then fails whoever still waits.</summary>
    public void Dispose() => _socket.Dispose();

    private ulong Request(ReadOnlySpan<byte> name, params ReadOnlySpan<ulong> numbers) => Take(Issue(name, numbers));

    private QtestReply Issue(ReadOnlySpan<byte> name, params ReadOnlySpan<ulong> numbers)
    {
        lock (_gate)
        {
            WaitForRoomLocked();
            if (!_freeReplies.TryPop(out QtestReply? reply))
                reply = new QtestReply();
            QueueLocked(reply, name, numbers);
            SendLocked();
            return reply;
        }
    }

    private ulong Take(QtestReply reply)
    {
        bool isAnswered = reply.TryTake(out ulong value, out Exception? failure);
        lock (_gate)
            _freeReplies.Push(reply);
        return isAnswered ? value : throw Rethrowable(failure!);
    }

    private void RequestMany(ReadOnlySpan<byte> name, ulong address, Span<byte> destination, int width, int step)
    {
        if (destination.Length % width != 0)
            throw new ArgumentException($"{destination.Length} bytes are no whole number of {width}-byte accesses");
        QtestReply[] replies = ArrayPool<QtestReply>.Shared.Rent(BatchMax);
        while (!destination.IsEmpty)
        {
            int count = Math.Min(BatchMax, destination.Length / width);
            for (int i = 0; i < count; i++, address += (ulong)step)
                replies[i] = Issue(name, address);
            for (int i = 0; i < count; i++, destination = destination[width..])
                LittleEndian.Write(destination, width, Take(replies[i]));
        }
        ArrayPool<QtestReply>.Shared.Return(replies, clearArray: true);
    }

    private void Post(ReadOnlySpan<byte> name, ulong address, ulong value)
    {
        lock (_gate)
        {
            WaitForRoomLocked();
            QueueLocked(null, name, [address, value]);
            if (_outstanding == _unsent || _unsent >= BatchMax)
                SendLocked();
        }
    }

    private void SendUrgent(uint message)
    {
        lock (_gate)
        {
            while (_outstanding >= UrgentMax && _lost == null)
                Monitor.Wait(_gate);
            ThrowIfLostLocked();
            QueueLocked(null, "writel"u8, [MessageWindow, message]);
            SendLocked();
        }
    }

    // Waits for half the room, not for one place: otherwise a fast writer and the reader would wake each other per
    // command.
    private void WaitForRoomLocked()
    {
        if (_outstanding >= OutstandingMax && _lost == null)
        {
            SendLocked();
            while (_outstanding > OutstandingMax - BatchMax && _lost == null)
                Monitor.Wait(_gate);
        }
        ThrowIfLostLocked();
    }

    private void QueueLocked(QtestReply? reply, ReadOnlySpan<byte> name, ReadOnlySpan<ulong> numbers)
    {
        _expected[(_firstExpected + _outstanding) % UrgentMax] = reply;
        if (reply != null)
            _awaited++;
        _outstanding++;
        _unsent++;
        var command = new QtestCommand(_output.Writer.GetSpan(name.Length + QtestCommand.BytesMax), name);
        foreach (ulong number in numbers)
            command.Number(number);
        _output.Writer.Advance(command.End());
    }

    private void SendLocked()
    {
        if (_unsent == 0)
            return;
        ValueTask<FlushResult> flush = _output.Writer.FlushAsync();
        Invariant.Holds(flush.IsCompletedSuccessfully, "a pipe without a pause threshold flushes synchronously");
        _ = flush.Result;
        _unsent = 0;
        if (!_output.Reader.TryRead(out ReadResult result))
            return;
        try
        {
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
                _socket.Send(segment.Span);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The reader sees the end of the connection too and fails everything that is expected.
        }
        _output.Reader.AdvanceTo(result.Buffer.End);
    }

    // Half of what a stream of posted writes has under way. Racy on purpose: it only decides how long to look.
    private int CountGatherable()
    {
        const int AnswerBytes = 3; // "OK\n"
        bool isStream = Volatile.Read(ref _awaited) == 0 && Volatile.Read(ref _outstanding) >= BatchMax;
        return isStream ? BatchMax * AnswerBytes : 0;
    }

    private void OnLine(in ReadOnlySequence<byte> line)
    {
        Span<byte> copy = stackalloc byte[QtestCommand.BytesMax];
        int length = (int)Math.Min(line.Length, copy.Length);
        line.Slice(0, length).CopyTo(copy);
        ReadOnlySpan<byte> text = copy[..length];
        if (text.StartsWith("IRQ "u8))
            ReportLine(text["IRQ "u8.Length..]);
        else if (text.StartsWith("OK"u8))
            Answer(text["OK"u8.Length..]);
        else
            throw new InvalidDataException($"qtest answered \"{System.Text.Encoding.ASCII.GetString(text)}\"");
    }

    private void ReportLine(ReadOnlySpan<byte> text)
    {
        bool raised = text.StartsWith("raise "u8);
        int start = text.IndexOf((byte)' ') + 1;
        if (Utf8Parser.TryParse(text[start..], out int line, out _))
            LineChanged?.Invoke(line, raised);
    }

    private void Answer(ReadOnlySpan<byte> text)
    {
        ulong value = 0;
        if (text.StartsWith(" 0x"u8))
            Utf8Parser.TryParse(text[" 0x"u8.Length..], out value, out _, 'x');

        lock (_gate)
        {
            if (_outstanding == _unsent)
                throw new InvalidDataException("qtest answered a command that was not given");
            QtestReply? reply = _expected[_firstExpected];
            _expected[_firstExpected] = null;
            _firstExpected = (_firstExpected + 1) % UrgentMax;
            _outstanding--;
            if (reply != null)
            {
                _awaited--;
                reply.Set(value);
            }
            if (_outstanding - _unsent <= OutstandingMax - 2 * BatchMax)
                SendLocked();
            if (_outstanding == OutstandingMax - BatchMax || _outstanding == UrgentMax - 1)
                Monitor.PulseAll(_gate);
        }
    }

    private void OnClosed(Exception? reason)
    {
        string message = "the qtest connection ended" + (reason == null ? "" : ": " + reason.Message);
        MachineLostException lost = _explainLoss?.Invoke() ?? new MachineLostException(message, inner: reason);
        lock (_gate)
        {
            _lost = lost;
            for (; _outstanding > 0; _outstanding--, _firstExpected = (_firstExpected + 1) % UrgentMax)
                _expected[_firstExpected]?.Fail(lost);
            _unsent = 0;
            Monitor.PulseAll(_gate);
        }
        _socket.Dispose();
    }

    private void ThrowIfLostLocked()
    {
        if (_lost != null)
            throw Rethrowable(_lost);
    }

    // One exception object must not be thrown by several threads: each gets its own, with the common one as its cause.
    private static MachineLostException Rethrowable(Exception failure) =>
        new(failure.Message, failure is MachineLostException { IsTripleFault: true }, failure);
}
