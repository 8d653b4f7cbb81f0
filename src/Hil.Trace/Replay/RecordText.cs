using System.Globalization;
using System.Text;

namespace Hil.Trace;

/// <summary>One record as a line for a report.</summary>
public static class RecordText
{
    private const int DataBytesShown = 16;

    public static string Of(TraceCursor record)
    {
        Span<ulong> fields = stackalloc ulong[TraceSchema.Of(record.Kind).Fields.Length];
        for (int i = 0; i < fields.Length; i++)
            fields[i] = record[i];
        bool hasData = TraceSchema.Of(record.Kind).HasData;
        return Of(record.Kind, fields, hasData ? record.Data : default, record);
    }

    internal static string Of(
        TraceKind number, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data, ITraceDefinitions definitions)
    {
        TraceRecordKind kind = TraceSchema.Of(number);
        var text = new StringBuilder(kind.Name);
        for (int i = 0; i < fields.Length; i++)
            Append(text, kind.Fields[i], fields[i], NameOf(kind.Fields[i].Meaning, fields[i], definitions));
        AppendData(text, kind, data);
        return text.ToString();
    }

    private static string? NameOf(TraceFieldMeaning meaning, ulong value, ITraceDefinitions definitions) =>
        meaning switch
        {
            TraceFieldMeaning.Text => definitions.Text(value),
            TraceFieldMeaning.Site => Of(definitions.Site(value), definitions),
            TraceFieldMeaning.CallSite => Of(definitions.CallSite(value), definitions),
            _ => null,
        };

    private static string Of(in TraceSite site, ITraceDefinitions definitions)
    {
        string device = definitions.Text(site.Device);
        string place = definitions.Text(site.Place);
        return $"{(device.Length == 0 ? "" : device + " ")}{RegisterName.Of(site)}, {site.Width} bytes"
            + (place.Length == 0 ? "" : $", at {place}");
    }

    private static string Of(in TraceCallSite site, ITraceDefinitions definitions) =>
        $"{definitions.Text(site.Export)} from {definitions.Text(site.Place)}";

    private static void Append(StringBuilder text, TraceField field, ulong value, string? meaning)
    {
        text.Append(' ').Append(field.Name).Append('=');
        if (meaning != null)
            text.Append(meaning.Length == 0 ? "-" : meaning);
        else if (field.Meaning == TraceFieldMeaning.Status)
            text.Append(new NTSTATUS((uint)value).ToString());
        else if (field.Meaning == TraceFieldMeaning.Hex)
            text.Append(CultureInfo.InvariantCulture, $"0x{value:x}");
        else
            text.Append(CultureInfo.InvariantCulture, $"{value}");
    }

    private static void AppendData(StringBuilder text, TraceRecordKind kind, ReadOnlySpan<byte> data)
    {
        if (!kind.HasData)
            return;
        if (kind.IsText)
        {
            text.Append(' ').Append(TraceUtf8.Decode(data));
            return;
        }
        text.Append(CultureInfo.InvariantCulture, $" {data.Length} bytes");
        if (data.IsEmpty)
            return;
        text.Append(' ').Append(Convert.ToHexStringLower(data[..Math.Min(data.Length, DataBytesShown)]));
        if (data.Length > DataBytesShown)
            text.Append('…');
    }
}
