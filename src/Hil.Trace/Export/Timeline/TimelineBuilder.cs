namespace Hil.Trace;

// Tracks: the processor with what runs on it, nested; the IRQL; interrupts as they arrive; messages; for each device
// what it is busy with and how many wait, for each PCI function its registers; and lanes of IRPs, as many as live at
// once. A thread switch ends what is open on the processor's track and opens what the other thread was in.

/// <summary>Turns the records of a trace into a timeline.</summary>
internal sealed class TimelineBuilder
{
    private const int Processor = 0;
    private const int Irql = 1;
    private const int Interrupts = 2;
    private const int Messages = 3;
    private const int DevicesMax = 256;
    private const int NamesMax = 65_536;
    private const int MessageCharsMax = 200;

    private readonly ITimelineSink _sink;
    private readonly RecordWords _words;
    private readonly TimelineIrps _irps;
    private readonly Dictionary<string, TimelineDevice> _devices = [];
    private readonly Dictionary<(ulong, bool), string> _names = [];
    private readonly TraceContext _context = new();
    private TimelineClock _clock;
    private int _open;
    private int _tracks = Messages + 1;
    private long _now;

    private TimelineBuilder(ITimelineSink sink, TraceReader reader)
    {
        _sink = sink;
        _words = new RecordWords(reader);
        _irps = new TimelineIrps(sink, () => _tracks++);
        sink.Track(Processor, "processor 0", isCounter: false);
        sink.Track(Irql, "IRQL", isCounter: true);
        sink.Track(Interrupts, "interrupts", isCounter: false);
        sink.Track(Messages, "messages", isCounter: false);
    }

    /// <summary>Reads a whole trace. Returns its length in nanoseconds.</summary>
    /// <exception cref="TraceFormatException">It is damaged.</exception>
    public static long Build(TraceReader reader, ITimelineSink sink)
    {
        var builder = new TimelineBuilder(sink, reader);
        using TraceCursor cursor = reader.OpenCursor();
        while (cursor.MoveNext())
            builder.Add(cursor);
        builder.End();
        return builder._now;
    }

    private void Add(TraceCursor record)
    {
        long now = _now = _clock.Next(record.Time);
        _context.Advance(record);
        FollowFrames(record);
        switch (record.Kind)
        {
            case TraceKind.Irql:
                _sink.Count(Irql, now, (long)record[0]);
                break;
            case TraceKind.Read or TraceKind.Write:
                Access(record, record[1]);
                break;
            case TraceKind.ReadBlock or TraceKind.WriteBlock:
                Access(record, null);
                break;
            case TraceKind.Interrupt:
                _sink.Mark(Interrupts, now, TimelineKind.Interrupt, Vector("vector", record[1]), _context.Irp, null);
                break;
            case TraceKind.Unclaimed or TraceKind.Storm or TraceKind.Line:
                Message(Interrupts, record);
                break;
            case TraceKind.Fault or (>= TraceKind.Pnp and <= TraceKind.Print):
                Message(Messages, record);
                break;
            case >= TraceKind.IrpCreate and <= TraceKind.IrpCancel:
                FollowIrp(record);
                break;
        }
    }

    private void FollowFrames(TraceCursor record)
    {
        if (_context.HasSwitched)
        {
            while (_open > 0)
                EndFrame();
            foreach (TraceFrame frame in _context.Frames)
                BeginFrame(record, frame);
            return;
        }
        for (int i = 0; i < _context.Left && _open > 0; i++)
            EndFrame();
        if (_context.HasEntered)
            BeginFrame(record, _context.Frames[^1]);
    }

    private void EndFrame()
    {
        _sink.End(Processor, _now);
        _open--;
    }

    private void BeginFrame(TraceCursor record, in TraceFrame frame)
    {
        (TimelineKind kind, string name) = frame.Kind switch
        {
            TraceKind.IsrEnter => (TimelineKind.Isr, Vector("ISR", frame.Name)),
            TraceKind.DpcEnter => (TimelineKind.Dpc, Named("DPC", record.Text(frame.Name))),
            TraceKind.StartIo => (TimelineKind.StartIo, Named("StartIo", record.Text(frame.Name))),
            _ => (TimelineKind.Call, record.Text(frame.Name)),
        };
        _sink.Begin(Processor, _now, kind, name, frame.Irp);
        _open++;
    }

    private static string Named(string what, string name) => name.Length == 0 ? what : $"{what} {name}";

    private static string Vector(string what, ulong vector) => $"{what} 0x{vector:x}";

    private void Access(TraceCursor record, ulong? value)
    {
        bool isWrite = record.Kind is TraceKind.Write or TraceKind.WriteBlock;
        if (_names.Count >= NamesMax)
            _names.Clear();
        if (!_names.TryGetValue((record[0], isWrite), out string? name))
            _names[(record[0], isWrite)] = name = $"{(isWrite ? "write" : "read")} {_words.Register(record)}";
        string function = record.Text(record.Site(record[0]).Device);
        TimelineDevice device = Find(function.Length == 0 ? "other registers" : function);
        _sink.Mark(
            device.Track, _now, isWrite ? TimelineKind.Write : TimelineKind.Read, name, _context.Irp, value);
    }

    private void Message(int track, TraceCursor record)
    {
        string text = _words.Of(record, null);
        _sink.Mark(
            track, _now, TimelineKind.Event, text[..Math.Min(text.Length, MessageCharsMax)], _context.Irp, null);
    }

    private void FollowIrp(TraceCursor record)
    {
        if (_context.State is { } irp)
            _irps.Follow(record, irp, _now);
        switch (record.Kind)
        {
            case TraceKind.IrpQueue:
                FindObject(record).Queue(_sink, record[0], _now);
                break;
            case TraceKind.StartIo:
                FindObject(record).Start(_sink, record[0], _now);
                break;
            case TraceKind.IrpComplete or TraceKind.IrpFinish:
                foreach (TimelineDevice device in _devices.Values)
                    device.Complete(_sink, record[0], _now);
                break;
        }
    }

    private TimelineDevice FindObject(TraceCursor record)
    {
        string name = record.Text(record[1]);
        return Find(name.Length == 0 ? "device" : name);
    }

    private TimelineDevice Find(string name)
    {
        if (_devices.TryGetValue(name, out TimelineDevice? device))
            return device;
        if (_devices.Count >= DevicesMax)
            return _devices.Values.First();
        device = _devices[name] = new TimelineDevice(_tracks++, name, () => _tracks++);
        _sink.Track(device.Track, name, isCounter: false);
        return device;
    }

    private void End()
    {
        _now++;
        while (_open > 0)
            EndFrame();
        foreach (TimelineDevice device in _devices.Values)
            device.End(_sink, _now);
        _irps.End(_now);
    }
}
