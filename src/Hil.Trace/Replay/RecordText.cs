using System.Globalization;
using System.Text;

namespace Hil.Trace;

/// <summary>One record as a line for a report.</summary>
public static class RecordText
{
    private const int DataBytesShown = 16;

    public static string Of(TraceCursor record)
    {
        TraceRecordKind kind = TraceSchema.Of(record.Kind);
        var text = new StringBuilder(kind.Name);
        for (int i = 0; i < kind.Fields.Length; i++)
        {
            ulong value = record[i];
            Append(text, kind.Fields[i], value, kind.Fields[i].Meaning switch
            {
                TraceFieldMeaning.Text => record.Text(value),
                TraceFieldMeaning.Site => Of(record.Site(value), record.Text),
                TraceFieldMeaning.CallSite => Of(record.CallSite(value), record.Text),
                _ => null,
            });
        }
        AppendData(text, kind, record.Data);
        return text.ToString();
    }

    internal static string Of(TraceKind number, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data, TraceNames names)
    {
        TraceRecordKind kind = TraceSchema.Of(number);
        var text = new StringBuilder(kind.Name);
        for (int i = 0; i < fields.Length; i++)
        {
            ulong value = fields[i];
            Append(text, kind.Fields[i], value, kind.Fields[i].Meaning switch
            {
                TraceFieldMeaning.Text => names.Text(value),
                TraceFieldMeaning.Site => Of(names.Site(value), names.Text),
                TraceFieldMeaning.CallSite => Of(names.CallSite(value), names.Text),
                _ => null,
            });
        }
        AppendData(text, kind, data);
        return text.ToString();
    }

    private static string Of(in TraceSite site, Func<ulong, string> textOf)
    {
        const ulong NoBar = 0xFF;
        string where = (site.Space, site.Bar) switch
        {
            (2, _) => $"config+0x{site.Offset:x}",
            (_, not NoBar) => $"BAR{site.Bar}+0x{site.Offset:x}",
            (1, _) => $"port 0x{site.Address:x}",
            _ => $"0x{site.Address:x}",
        };
        string device = textOf(site.Device);
        string place = textOf(site.Place);
        return $"{(device.Length == 0 ? "" : device + " ")}{where}, {site.Width} bytes"
            + (place.Length == 0 ? "" : $", at {place}");
    }

    private static string Of(in TraceCallSite site, Func<ulong, string> textOf) =>
        $"{textOf(site.Export)} from {textOf(site.Place)}";

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
        text.Append(CultureInfo.InvariantCulture, $" {data.Length} bytes");
        if (data.IsEmpty)
            return;
        text.Append(' ').Append(Convert.ToHexStringLower(data[..Math.Min(data.Length, DataBytesShown)]));
        if (data.Length > DataBytesShown)
            text.Append('…');
    }
}
