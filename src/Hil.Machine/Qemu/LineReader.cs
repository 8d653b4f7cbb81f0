using System.Buffers;
using System.IO.Pipelines;

namespace Hil.Machine.Qemu;

/// <summary>Splits what arrives on a socket into lines, on a thread of its own. QMP and qtest are both line protocols,
/// and both need a reader that runs whatever else the process does: a full socket would stop QEMU's main
/// loop.</summary>
/// <remarks>The pipe is run inline: the thread that receives also parses and delivers. A thread pool that is busy or
/// starved therefore delays nothing.</remarks>
internal sealed class LineReader
{
    // A few tens of microseconds on an idle core.
    private const int YieldsMax = 100;

    private readonly LocalSocket _socket;
    private readonly int _lineBytesMax;
    private readonly LineHandler _onLine;
    private readonly Action<Exception?> _onClosed;
    private readonly Pipe _pipe = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0,
        useSynchronizationContext: false));

    /// <param name="lineBytesMax">A longer line means that the other side is not what we think; it ends the
    /// connection.</param>
    /// <param name="onClosed">Called once, last, with the reason if it is not an orderly end.</param>
    public LineReader(LocalSocket socket, int lineBytesMax, LineHandler onLine, Action<Exception?> onClosed)
    {
        _socket = socket;
        _lineBytesMax = lineBytesMax;
        _onLine = onLine;
        _onClosed = onClosed;
    }

    public delegate void LineHandler(in ReadOnlySequence<byte> line);

    /// <summary>Says how many bytes will come soon that nobody waits for. Receiving them together spares QEMU the cost
    /// of waking us for each (it writes one answer at a time).</summary>
    public Func<int>? BytesToGather { get; init; }

    public void Start(string threadName)
    {
        var thread = new Thread(Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = threadName };
        thread.Start();
    }

    private void Run()
    {
        Exception? reason = null;
        try
        {
            ReceiveAll();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidDataException)
        {
            reason = e;
        }
        _pipe.Writer.Complete();
        _pipe.Reader.Complete();
        _onClosed(reason);
    }

    private void ReceiveAll()
    {
        while (true)
        {
            Gather();
            int received = _socket.Receive(_pipe.Writer.GetSpan(4096));
            if (received == 0)
                return;
            _pipe.Writer.Advance(received);
            ValueTask<FlushResult> flush = _pipe.Writer.FlushAsync();
            Invariant.Holds(flush.IsCompletedSuccessfully, "a pipe without a pause threshold flushes synchronously");
            _ = flush.Result;
            DeliverLines();
        }
    }

    // Yields rather than sleeps: the wait is shorter than a timer's tick, and on one core it is what lets QEMU run.
    private void Gather()
    {
        for (int yields = 0; yields < YieldsMax && _socket.Available < (BytesToGather?.Invoke() ?? 0); yields++)
            Thread.Yield();
    }

    private void DeliverLines()
    {
        if (!_pipe.Reader.TryRead(out ReadResult result))
            return;
        ReadOnlySequence<byte> rest = result.Buffer;
        while (rest.PositionOf((byte)'\n') is { } end)
        {
            _onLine(rest.Slice(0, end));
            rest = rest.Slice(rest.GetPosition(1, end));
        }
        _pipe.Reader.AdvanceTo(rest.Start, rest.End);
        if (rest.Length > _lineBytesMax)
            throw new InvalidDataException($"a line of more than {_lineBytesMax} bytes");
    }
}
