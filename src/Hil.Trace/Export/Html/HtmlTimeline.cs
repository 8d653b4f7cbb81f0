using System.Text.Json;

namespace Hil.Trace;

/// <summary>Keeps a timeline as the flat, delta-coded arrays that the page reads (timeline.js says what they
/// are).</summary>
internal sealed class HtmlTimeline(HtmlBudget budget) : ITimelineSink
{
    private const int IrpsMax = 5000;

    private static readonly string[] s_kinds =
        ["call", "isr", "dpc", "startio", "irp", "read", "write", "interrupt", "event"];

    private readonly long _spanNsMin = budget.SpanNsMin;
    private readonly long _spanStride = budget.SpanStride;
    private readonly long _markStride = budget.MarkStride;
    private readonly long _stepStride = budget.StepStride;
    private readonly List<Lane> _tracks = [];
    private readonly Dictionary<string, int> _names = [];
    private readonly List<IrpRow> _irps = [];
    private long _shortSpansSeen;
    private long _marksSeen;
    private long _stepsSeen;

    public long Irps { get; private set; }

    public long SpansKept { get; private set; }

    public void Track(int track, string name, bool isCounter)
    {
        while (_tracks.Count <= track)
            _tracks.Add(new Lane());
        _tracks[track].Name = name;
        _tracks[track].IsCounter = isCounter;
    }

    public void Begin(int track, long time, TimelineKind kind, string name, ulong irp) =>
        _tracks[track].Open.Push((time, kind, name, irp));

    public void End(int track, long time)
    {
        (long begin, TimelineKind kind, string name, ulong irp) = _tracks[track].Open.Pop();
        if (time - begin < _spanNsMin)
            return;
        if (_spanStride > 1 && time - begin < 2 * _spanNsMin && _shortSpansSeen++ % _spanStride != 0)
            return;
        SpansKept++;
        _tracks[track].Spans.Add(new Span(begin, Math.Max(1, time - begin), Intern(name), kind, irp, 0));
    }

    public void Mark(int track, long time, TimelineKind kind, string name, ulong irp, ulong? value)
    {
        if (_marksSeen++ % _markStride != 0)
            return;
        int detail = value is { } number ? Intern($"0x{number:x}") + 1 : 0;
        _tracks[track].Spans.Add(new Span(time, 0, Intern(name), kind, irp, detail));
    }

    public void Count(int track, long time, long value)
    {
        if (_stepsSeen++ % _stepStride == 0)
            _tracks[track].Steps.Add((time, value));
    }

    public void Irp(IrpState irp, string device, string? status, bool isFailed, long from, long to)
    {
        Irps++;
        if (_irps.Count < IrpsMax)
            _irps.Add(new IrpRow(irp.Number, irp.Request, device, status ?? "", isFailed, from, to));
    }

    public void Write(Utf8JsonWriter json, string title, string facts, IReadOnlyList<string> notes, long end)
    {
        json.WriteStartObject();
        json.WriteString("title", title);
        json.WriteString("facts", facts);
        WriteTexts(json, "notes", notes);
        json.WriteNumber("end", end);
        WriteTexts(json, "names", _names.OrderBy(static name => name.Value).Select(static name => name.Key));
        WriteTexts(json, "kinds", s_kinds);
        json.WriteStartArray("tracks");
        foreach (Lane track in _tracks.OrderBy(static track => track.HasIrps))
            track.Write(json);
        json.WriteEndArray();
        json.WriteNumber("irpCount", Irps);
        json.WriteStartArray("irps");
        foreach (IrpRow irp in _irps.OrderBy(static irp => irp.Number))
            irp.Write(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private int Intern(string name)
    {
        if (!_names.TryGetValue(name, out int id))
            _names[name] = id = _names.Count;
        return id;
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private readonly record struct Span(
        long Begin, long Length, int Name, TimelineKind Kind, ulong Irp, int Detail);

    private sealed class Lane
    {
        public string Name { get; set; } = "";

        public bool IsCounter { get; set; }

        /// <summary>Whether it is one of the lanes of IRPs, which come last.</summary>
        public bool HasIrps => Spans.Count != 0 && Spans[0].Kind == TimelineKind.Irp;

        public Stack<(long Begin, TimelineKind Kind, string Name, ulong Irp)> Open { get; } = [];

        public List<Span> Spans { get; } = [];

        public List<(long Time, long Value)> Steps { get; } = [];

        public void Write(Utf8JsonWriter json)
        {
            if (Spans.Count == 0 && Steps.Count == 0)
                return;
            json.WriteStartObject();
            json.WriteString("name", Name);
            json.WriteString("kind", IsCounter ? "counter" : "spans");
            json.WriteStartArray("data");
            if (IsCounter)
                WriteSteps(json);
            else
                WriteSpans(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        private void WriteSteps(Utf8JsonWriter json)
        {
            long last = 0;
            foreach ((long time, long value) in Steps)
            {
                json.WriteNumberValue(time - last);
                json.WriteNumberValue(value);
                last = time;
            }
        }

        // Outer spans before those that they hold.
        private void WriteSpans(Utf8JsonWriter json)
        {
            long last = 0;
            foreach (Span span in Spans.OrderBy(static span => span.Begin).ThenByDescending(static span => span.Length))
            {
                json.WriteNumberValue(span.Begin - last);
                json.WriteNumberValue(span.Length);
                json.WriteNumberValue(span.Name);
                json.WriteNumberValue((int)span.Kind);
                json.WriteNumberValue(span.Irp);
                json.WriteNumberValue(span.Detail);
                last = span.Begin;
            }
        }
    }

    private sealed record IrpRow(
        ulong Number, string Request, string Device, string Status, bool IsFailed, long Begin, long End)
    {
        public void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteNumber("number", Number);
            json.WriteString("request", Request);
            json.WriteString("device", Device);
            json.WriteString("status", Status);
            json.WriteBoolean("isFailed", IsFailed);
            json.WriteNumber("begin", Begin);
            json.WriteNumber("end", End);
            json.WriteEndObject();
        }
    }
}
