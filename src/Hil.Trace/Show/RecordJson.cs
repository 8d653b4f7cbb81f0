using System.Text.Json;

namespace Hil.Trace;

/// <summary>Records as JSON objects: what every record has, then its fields by the names of the file's
/// schema.</summary>
internal static class RecordJson
{
    public static void Write(
        Utf8JsonWriter json, TraceCursor record, TraceContext context, RecordWords words, long sinceStart)
    {
        json.WriteStartObject();
        json.WriteNumber("sequence", record.Sequence);
        json.WriteNumber("ns", sinceStart * 100);
        json.WriteString("kind", words.KindOf(record));
        json.WriteNumber("irql", context.Irql);
        if (context.Irp != 0)
            json.WriteNumber("irp", context.Irp);
        json.WriteNumber("depth", context.Depth);
        if (words.Find(record.Kind) is { } kind)
            WriteFields(json, record, kind);
        json.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter json, TraceCursor record, TraceRecordKind kind)
    {
        json.WriteStartObject("fields");
        for (int i = 0; i < kind.Fields.Length; i++)
            WriteField(json, record, kind.Fields[i], record[i]);
        if (kind.IsText)
            json.WriteString("text", TraceUtf8.Decode(record.Data));
        else if (kind.HasData)
            json.WriteString("data", Convert.ToHexStringLower(record.Data));
        json.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter json, TraceCursor record, TraceField field, ulong value)
    {
        switch (field.Meaning)
        {
            case TraceFieldMeaning.Site:
                TraceSite site = record.Site(value);
                json.WriteStartObject(field.Name);
                json.WriteString("device", record.Text(site.Device));
                json.WriteString("register", RegisterName.Of(site));
                json.WriteNumber("width", site.Width);
                json.WriteString("place", record.Text(site.Place));
                json.WriteString("rip", $"0x{site.Rip:x}");
                json.WriteEndObject();
                break;
            case TraceFieldMeaning.CallSite:
                TraceCallSite call = record.CallSite(value);
                json.WriteStartObject(field.Name);
                json.WriteString("export", record.Text(call.Export));
                json.WriteString("place", record.Text(call.Place));
                json.WriteEndObject();
                break;
            case TraceFieldMeaning.Number or TraceFieldMeaning.Irp:
                json.WriteNumber(field.Name, value);
                break;
            case TraceFieldMeaning.Text:
                json.WriteString(field.Name, record.Text(value));
                break;
            default:
                json.WriteString(field.Name, RecordWords.Value(record, field.Meaning, value));
                break;
        }
    }
}
