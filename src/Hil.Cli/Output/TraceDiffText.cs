using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hil.Trace;

namespace Hil.Cli.Output;

/// <summary>What differs between two traces, as text and as JSON.</summary>
internal static class TraceDiffText
{
    private const int IrpsShown = 5;

    private static readonly JsonWriterOptions s_jsonOptions =
        new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(TextWriter output, TraceDiff diff)
    {
        foreach (TraceDifference difference in diff.Differences)
        {
            output.WriteLine(Text($"{difference.Text} ({Where(difference)})"));
            if (difference.Examples.Count != 0)
                output.WriteLine($"    {string.Join("; ", difference.Examples)}");
        }
        output.WriteLine(diff.IsEqual
            ? Text($"equal: {diff.Compared} IRPs compared")
            : Text($"{diff.Differences.Count} difference{(diff.Differences.Count == 1 ? "" : "s")}; ")
                + Text($"{diff.Compared} IRPs compared, ")
                + Text($"of {diff.IrpsOfA} and {diff.IrpsOfB}"));
    }

    public static void WriteJson(TextWriter output, TraceDiff diff)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, s_jsonOptions))
            WriteJson(json, diff);
        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    private static string Where(TraceDifference difference)
    {
        if (difference.Irps.Count == 0)
            return difference.Count == 1 ? "for no IRP" : Text($"for no IRP, {difference.Count} times");
        string irps = string.Join(", ", difference.Irps.Take(IrpsShown));
        return difference.Count <= IrpsShown
            ? Text($"IRP {irps}")
            : Text($"IRP {irps}, … {difference.Count} IRPs");
    }

    private static void WriteJson(Utf8JsonWriter json, TraceDiff diff)
    {
        json.WriteStartObject();
        json.WriteBoolean("equal", diff.IsEqual);
        json.WriteNumber("compared", diff.Compared);
        json.WriteNumber("irpsOfA", diff.IrpsOfA);
        json.WriteNumber("irpsOfB", diff.IrpsOfB);
        json.WriteStartArray("differences");
        foreach (TraceDifference difference in diff.Differences)
        {
            json.WriteStartObject();
            json.WriteString("kind", difference.Kind);
            json.WriteString("text", difference.Text);
            json.WriteNumber("count", difference.Count);
            json.WriteStartArray("irps");
            foreach (ulong irp in difference.Irps)
                json.WriteNumberValue(irp);
            json.WriteEndArray();
            json.WriteStartArray("examples");
            foreach (string example in difference.Examples)
                json.WriteStringValue(example);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
