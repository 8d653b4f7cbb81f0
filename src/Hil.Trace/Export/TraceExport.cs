namespace Hil.Trace;

/// <summary>What a trace can be written as.</summary>
public enum TraceExportFormat
{
    /// <summary>For ui.perfetto.dev.</summary>
    Perfetto,

    /// <summary>Value change dump, for GTKWave.</summary>
    Vcd,

    /// <summary>An array of records.</summary>
    Json,

    /// <summary>One page with a timeline.</summary>
    Html,
}

/// <summary>Writes traces in formats of other programs.</summary>
public static class TraceExport
{
    /// <exception cref="TraceFormatException">The trace is damaged.</exception>
    public static void Write(TraceReader reader, TraceExportFormat format, Stream target)
    {
        switch (format)
        {
            case TraceExportFormat.Perfetto:
                PerfettoExport.Write(reader, target);
                break;
            case TraceExportFormat.Vcd:
                VcdExport.Write(reader, target);
                break;
            case TraceExportFormat.Json:
                JsonExport.Write(reader, target);
                break;
            case TraceExportFormat.Html:
                HtmlExport.Write(reader, target);
                break;
        }
    }
}
