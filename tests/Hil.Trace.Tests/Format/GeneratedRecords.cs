namespace Hil.Trace.Tests.Format;

/// <summary>A record as tests compare it: what references stand for instead of their ids.</summary>
public sealed record PlainRecord(ulong Sequence, TraceKind Kind, long Time, string Fields, string Data)
{
    public static PlainRecord Of(TraceCursor cursor, IReadOnlyList<TraceField> fields) => new(
        cursor.Sequence, cursor.Kind, cursor.Time,
        string.Join(' ', fields.Select((field, i) => Show(cursor, field, cursor[i]))),
        Convert.ToHexString(cursor.Data));

    private static string Show(TraceCursor cursor, TraceField field, ulong value) => field.Meaning switch
    {
        TraceFieldMeaning.Text => $"'{cursor.Text(value)}'",
        TraceFieldMeaning.Site when value != 0 => cursor.Site(value).ToString(),
        TraceFieldMeaning.CallSite when value != 0 => cursor.CallSite(value).ToString(),
        _ => value.ToString("X"),
    };

    public static List<PlainRecord> ReadAll(string path, TraceReaderOptions? options = null)
    {
        using TraceReader reader = TraceReader.Open(path, options);
        return ReadAll(reader);
    }

    public static List<PlainRecord> ReadAll(TraceReader reader)
    {
        var fields = reader.Kinds.ToDictionary(static kind => kind.Kind, static kind => kind.Fields);
        var records = new List<PlainRecord>();
        using TraceCursor cursor = reader.OpenCursor();
        while (cursor.MoveNext())
            records.Add(Of(cursor, fields[cursor.Kind]));
        return records;
    }
}

/// <summary>Records of all kinds with values from a seed: small steps, noise and extremes.</summary>
public sealed class GeneratedRecords(int seed)
{
    private static readonly TraceRecordKind[] s_kinds =
        [.. TraceSchema.Kinds.Where(static kind => kind.Kind > TraceKind.CallSite)];

    private readonly Random _random = new(seed);
    private readonly List<PlainRecord> _added = [];
    private long _time = 1_000;

    /// <summary>What the reader must give back.</summary>
    public IReadOnlyList<PlainRecord> Added => _added;

    public void AddTo(TraceWriter writer, int count)
    {
        for (int i = 0; i < count; i++)
            AddOne(writer);
    }

    private void AddOne(TraceWriter writer)
    {
        TraceRecordKind kind = s_kinds[_random.Next(s_kinds.Length)];
        _time += _random.Next(100) == 0 ? (long)Number() >> 8 : _random.Next(300);
        var fields = new ulong[kind.Fields.Length];
        var shown = new string[fields.Length];
        for (int i = 0; i < fields.Length; i++)
            fields[i] = Value(writer, kind.Fields[i], out shown[i]);
        byte[] data = new byte[kind.HasData ? _random.Next(_random.Next(50) == 0 ? 3_000 : 20) : 0];
        _random.NextBytes(data);
        _added.Add(new PlainRecord(
            (ulong)_added.Count, kind.Kind, _time, string.Join(' ', shown), Convert.ToHexString(data)));
        if (kind.HasData)
            writer.Add(kind.Kind, _time, fields, data);
        else
            writer.Add(kind.Kind, _time, fields);
    }

    private ulong Value(TraceWriter writer, TraceField field, out string shown)
    {
        switch (field.Meaning)
        {
            case TraceFieldMeaning.Text:
                string text = Text();
                shown = $"'{text}'";
                return writer.DefineString(text);
            case TraceFieldMeaning.Site:
                var site = new TraceSite(
                    Small(), Small() % 3, Number(), 4, Define(writer), Small(), Small(), Define(writer));
                shown = site.ToString();
                return writer.DefineSite(site);
            case TraceFieldMeaning.CallSite:
                var callSite = new TraceCallSite(Define(writer), Small(), Define(writer));
                shown = callSite.ToString();
                return writer.DefineCallSite(callSite);
            default:
                ulong value = Number();
                shown = value.ToString("X");
                return value;
        }
    }

    private ulong Define(TraceWriter writer) => writer.DefineString(Text());

    private string Text() => _random.Next(8) == 0 ? "" : $"text ü {_random.Next(40)}";

    private ulong Small() => (ulong)_random.Next(16);

    private ulong Number() => _random.Next(6) switch
    {
        0 => 0,
        1 => ulong.MaxValue,
        2 => (ulong)_random.NextInt64(long.MinValue, long.MaxValue),
        3 => (ulong)_random.Next(1 << 20),
        _ => Small(),
    };
}
