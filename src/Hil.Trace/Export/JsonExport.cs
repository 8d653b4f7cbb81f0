using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hil.Trace;

/// <summary>Writes a trace as an array of records, as `show --json` has them.</summary>
internal static class JsonExport
{
    private const int FlushBytes = 1 << 16;

    public static void Write(TraceReader reader, Stream target)
    {
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using var json = new Utf8JsonWriter(target, options);
        using var show = new TraceShow(reader, new TraceFilter());
        json.WriteStartArray();
        while (show.MoveNext())
        {
            show.WriteJson(json);
            if (json.BytesPending > FlushBytes)
                json.Flush();
        }
        json.WriteEndArray();
    }
}
