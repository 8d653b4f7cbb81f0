using System.Buffers;
using System.Text.Json;

namespace Hil.Trace;

/// <summary>The schema as JSON:
/// {"kinds":[{"kind":16,"name":"read","category":"registers","data":false,"input":true,
/// "fields":[{"name":"site","meaning":"site","coding":"delta"}]}]}.</summary>
internal static class TraceSchemaJson
{
    private const int NameCharactersMax = 64;
    private const int DepthMax = 8;

    private static readonly string[] s_meanings = LowerNames<TraceFieldMeaning>();
    private static readonly string[] s_codings = LowerNames<TraceFieldCoding>();

    public static byte[] Write(IReadOnlyList<TraceRecordKind> kinds)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        json.WriteStartArray("kinds"u8);
        foreach (TraceRecordKind kind in kinds)
            Write(json, kind);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, TraceRecordKind kind)
    {
        json.WriteStartObject();
        json.WriteNumber("kind"u8, (int)kind.Kind);
        json.WriteString("name"u8, kind.Name);
        json.WriteString("category"u8, kind.Category);
        json.WriteBoolean("data"u8, kind.HasData);
        if (kind.IsText)
            json.WriteBoolean("text"u8, true);
        json.WriteBoolean("input"u8, kind.IsInput);
        json.WriteStartArray("fields"u8);
        foreach (TraceField field in kind.Fields)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, field.Name);
            json.WriteString("meaning"u8, s_meanings[(int)field.Meaning]);
            json.WriteString("coding"u8, s_codings[(int)field.Coding]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Reads the schema of any file; otherwise what is wrong with it.</summary>
    public static string? TryRead(ReadOnlySpan<byte> json, out IReadOnlyList<TraceRecordKind> kinds)
    {
        kinds = [];
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DepthMax });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            var read = new List<TraceRecordKind>();
            foreach (JsonElement kind in document.RootElement.GetProperty("kinds"u8).EnumerateArray())
            {
                if (read.Count > byte.MaxValue)
                    return "it has more than 256 kinds";
                read.Add(ReadKind(kind));
            }
            kinds = read;
            return Check(read);
        }
        // What the JSON classes throw at text that is no JSON, at missing members, and at members of another type.
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return e is FormatException ? "a number is out of range" : e.Message.TrimEnd('.');
        }
    }

    private static TraceRecordKind ReadKind(JsonElement kind) => new(
        (TraceKind)kind.GetProperty("kind"u8).GetByte(), Name(kind, "name"), Name(kind, "category"),
        kind.GetProperty("data"u8).GetBoolean(), kind.GetProperty("input"u8).GetBoolean(),
        [.. kind.GetProperty("fields"u8).EnumerateArray().Take(TraceFormat.FieldsMax + 1).Select(ReadField)])
    {
        IsText = kind.TryGetProperty("text"u8, out JsonElement text) && text.GetBoolean(),
    };

    // A meaning that is not known is shown as a number; a coding that is not known cannot be read at all.
    private static TraceField ReadField(JsonElement field)
    {
        int meaning = Array.IndexOf(s_meanings, Name(field, "meaning"));
        int coding = Array.IndexOf(s_codings, Name(field, "coding"));
        if (coding < 0)
            throw new JsonException($"the coding '{Name(field, "coding")}' is not known");
        return new TraceField(
            Name(field, "name"), meaning < 0 ? TraceFieldMeaning.Number : (TraceFieldMeaning)meaning,
            (TraceFieldCoding)coding);
    }

    private static string Name(JsonElement parent, string member)
    {
        string name = parent.GetProperty(member).GetString() ?? throw new JsonException($"'{member}' is null");
        return name.Length <= NameCharactersMax ? name : throw new JsonException($"'{member}' is too long");
    }

    private static string? Check(List<TraceRecordKind> kinds)
    {
        var seen = new HashSet<TraceKind>();
        foreach (TraceRecordKind kind in kinds)
        {
            if (!seen.Add(kind.Kind))
                return $"kind {(int)kind.Kind} is there twice";
            if (kind.Fields.Length > TraceFormat.FieldsMax)
                return $"kind {(int)kind.Kind} has more than {TraceFormat.FieldsMax} fields";
            if (kind.Fields.Length > 0 && kind.Fields[0].Coding == TraceFieldCoding.Keyed)
                return $"the first field of kind {(int)kind.Kind} is keyed by itself";
        }
        return CheckDefinitions(kinds);
    }

    // Without them nothing can be read; more fields than we know are no harm.
    private static string? CheckDefinitions(List<TraceRecordKind> kinds)
    {
        ReadOnlySpan<TraceKind> definitions = [TraceKind.String, TraceKind.Site, TraceKind.CallSite];
        foreach (TraceKind definition in definitions)
        {
            TraceRecordKind ours = TraceSchema.Kinds.First(kind => kind.Kind == definition);
            TraceRecordKind? theirs = kinds.Find(kind => kind.Kind == definition);
            if (theirs == null || theirs.Fields.Length < ours.Fields.Length || theirs.HasData != ours.HasData)
                return $"it does not have the kind '{ours.Name}' as it must be";
        }
        return null;
    }

    private static string[] LowerNames<T>() where T : struct, Enum =>
        [.. Enum.GetNames<T>().Select(static name => name.ToLowerInvariant())];
}
