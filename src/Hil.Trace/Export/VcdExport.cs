using System.Globalization;
using System.Text;

namespace Hil.Trace;

// Value change dump (IEEE 1364): a header that declares the signals, then times with what changed. Signals of devices
// must be declared before the first change, so the trace is read twice. One time unit is a nanosecond: records of the
// same 100 ns tick keep their order, and a service routine shows as a pulse.

/// <summary>Writes a trace for GTKWave.</summary>
internal sealed class VcdExport
{
    private const int DevicesMax = 64;

    private readonly TextWriter _output;
    private readonly List<VcdSignal> _signals = [];
    private readonly Dictionary<string, Device> _devices = [];
    private readonly VcdSignal _irql;
    private readonly VcdSignal _isr;
    private readonly VcdSignal _dpc;
    private readonly VcdSignal _vector;
    private readonly VcdSignal _line;
    private readonly VcdSignal _thread;
    private readonly VcdSignal _irp;
    private readonly TraceContext _context = new();
    private TimelineClock _clock;
    private long _written = -1;

    private VcdExport(TextWriter output, IEnumerable<string> devices)
    {
        _output = output;
        _irql = Declare("processor0", "irql", 4);
        _isr = Declare("processor0", "isr", 1);
        _dpc = Declare("processor0", "dpc", 1);
        _thread = Declare("processor0", "thread", 32);
        _irp = Declare("processor0", "current_irp", 32);
        _vector = Declare("interrupts", "vector", 8);
        _line = Declare("interrupts", "line", 1);
        foreach (string device in devices)
            _devices[device] = new Device(this, device, $"device{_devices.Count}_{Identifier(device)}");
    }

    public static void Write(TraceReader reader, Stream target)
    {
        using var output = new StreamWriter(target, new UTF8Encoding(false), 1 << 16, leaveOpen: true);
        var export = new VcdExport(output, Devices(reader));
        export.WriteHeader(reader);
        using TraceCursor cursor = reader.OpenCursor();
        while (cursor.MoveNext())
            export.Add(cursor);
    }

    private static List<string> Devices(TraceReader reader)
    {
        var devices = new List<string>();
        var seen = new HashSet<string>();
        using TraceCursor cursor = reader.OpenCursor();
        while (cursor.MoveNext())
        {
            ulong? device = cursor.Kind switch
            {
                TraceKind.StartIo => cursor[1],
                TraceKind.Write => cursor.Site(cursor[0]).Device,
                _ => null,
            };
            if (device is { } id && seen.Count < DevicesMax && seen.Add(cursor.Text(id)))
                devices.Add(cursor.Text(id));
        }
        return devices;
    }

    private VcdSignal Declare(string scope, string name, int bits)
    {
        var signal = new VcdSignal(_signals.Count, scope, name, bits);
        _signals.Add(signal);
        return signal;
    }

    private void WriteHeader(TraceReader reader)
    {
        _output.WriteLine("$date");
        _output.WriteLine("  " + reader.Created.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
        _output.WriteLine("$end");
        _output.WriteLine("$version hil trace export $end");
        _output.WriteLine("$timescale 1 ns $end");
        foreach (IGrouping<string, VcdSignal> scope in _signals.GroupBy(static signal => signal.Scope))
        {
            _output.WriteLine($"$scope module {scope.Key} $end");
            foreach (VcdSignal signal in scope)
                _output.WriteLine($"$var wire {signal.Bits} {signal.Code} {signal.Name} $end");
            _output.WriteLine("$upscope $end");
        }
        _output.WriteLine("$enddefinitions $end");
        _output.WriteLine("#0");
        _output.WriteLine("$dumpvars");
        foreach (VcdSignal signal in _signals)
            signal.Write(_output);
        _output.WriteLine("$end");
        _written = 0;
    }

    private void Add(TraceCursor record)
    {
        long now = _clock.Next(record.Time);
        _context.Advance(record);
        Set(_irp, _context.Irp, now);
        if (_context.Left != 0 || _context.HasEntered || _context.HasSwitched)
            SetFrames(now);
        switch (record.Kind)
        {
            case TraceKind.Irql:
                Set(_irql, record[0], now);
                break;
            case TraceKind.Thread:
                Set(_thread, record[0], now);
                break;
            case TraceKind.Interrupt:
                Set(_vector, record[1], now);
                break;
            case TraceKind.Line:
                Set(_line, record[2] != 0 ? 1UL : 0, now);
                break;
            case TraceKind.Write when Find(record.Text(record.Site(record[0]).Device)) is { } device:
                TraceSite site = record.Site(record[0]);
                Set(device.Bar, site.Bar, now);
                Set(device.Offset, site.Offset, now);
                Set(device.Value, record[1], now);
                break;
            case TraceKind.StartIo when Find(record.Text(record[1])) is { } device:
                Set(device.Busy, 1, now);
                Set(device.Irp, record[0], now);
                break;
            case TraceKind.IrpComplete or TraceKind.IrpFinish:
                Complete(record[0], now);
                break;
        }
    }

    private void SetFrames(long now)
    {
        bool isIsr = false, isDpc = false;
        foreach (TraceFrame frame in _context.Frames)
        {
            isIsr |= frame.Kind == TraceKind.IsrEnter;
            isDpc |= frame.Kind == TraceKind.DpcEnter;
        }
        Set(_isr, isIsr ? 1UL : 0, now);
        Set(_dpc, isDpc ? 1UL : 0, now);
    }

    private void Complete(ulong irp, long now)
    {
        foreach (Device device in _devices.Values)
        {
            if (device.Irp.Value != irp || irp == 0)
                continue;
            Set(device.Busy, 0, now);
            Set(device.Irp, 0, now);
        }
    }

    private Device? Find(string name) => _devices.GetValueOrDefault(name);

    private void Set(VcdSignal signal, ulong value, long now)
    {
        if (!signal.TrySet(value))
            return;
        if (now > _written)
        {
            _output.Write('#');
            _output.WriteLine(now);
            _written = now;
        }
        signal.Write(_output);
    }

    // Names in VCD are words.
    private static string Identifier(string name) => name.Length == 0
        ? "unnamed"
        : string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    private sealed class Device(VcdExport export, string name, string scope)
    {
        public string Name { get; } = name;

        public VcdSignal Busy { get; } = export.Declare(scope, "startio", 1);

        public VcdSignal Irp { get; } = export.Declare(scope, "irp", 32);

        public VcdSignal Bar { get; } = export.Declare(scope, "written_bar", 8);

        public VcdSignal Offset { get; } = export.Declare(scope, "written_offset", 64);

        public VcdSignal Value { get; } = export.Declare(scope, "written_value", 64);
    }
}
