using System.Globalization;
using System.Text;
using System.Text.Json;
using Hil.Trace;

namespace Hil.Cli.Output;

/// <summary>Figures about a trace as text and as JSON.</summary>
internal static class TraceStatsText
{
    private const int RegistersShown = 20;
    private const int NanosecondsPerTick = 100;

    public static void Write(TextWriter output, TraceStats stats)
    {
        output.WriteLine(Text($"{stats.Records} records in {TraceTime.Text(stats.LastTime - stats.FirstTime)}"));
        output.WriteLine();
        foreach ((string kind, ulong count) in stats.Kinds)
            output.WriteLine(Text($"  {kind,-16} {count,12}"));
        WriteLatencies(output, stats);
        WriteRegisters(output, stats);
        WriteRest(output, stats);
    }

    public static void WriteJson(TextWriter output, TraceStats stats)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            WriteJson(json, stats);
        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    private static (string Name, LatencyHistogram Times)[] Latencies(TraceStats stats) =>
    [
        ("StartIo to ISR", stats.StartIoToIsr),
        ("ISR to DPC", stats.IsrToDpc),
        ("DPC to completion", stats.DpcToCompletion),
        ("whole IRP", stats.WholeIrp),
    ];

    private static void WriteLatencies(TextWriter output, TraceStats stats)
    {
        output.WriteLine();
        output.WriteLine($"  {"latency",-18} {"count",9} {"p50",12} {"p90",12} {"p99",12} {"max",12}");
        foreach ((string name, LatencyHistogram times) in Latencies(stats))
        {
            output.WriteLine(times.Count == 0
                ? Text($"  {name,-18} {0,9}")
                : Text($"  {name,-18} {times.Count,9} {Percentile(times, 0.5)} {Percentile(times, 0.9)} ")
                    + Text($"{Percentile(times, 0.99)} {TraceTime.Text(times.Max),12}"));
        }
    }

    private static string Percentile(LatencyHistogram times, double share) =>
        Text($"{TraceTime.Text(times.Percentile(share)),12}");

    private static void WriteRegisters(TextWriter output, TraceStats stats)
    {
        if (stats.Registers.Count == 0)
            return;
        output.WriteLine();
        output.WriteLine($"  {"register",-18} {"reads",9} {"writes",9} {"values",7}  device");
        foreach (RegisterUse use in stats.Registers.Take(RegistersShown))
        {
            string values = use.Values == RegisterUse.ValuesMax ? Text($"{use.Values}+") : Text($"{use.Values}");
            output.WriteLine(Text($"  {use.Register,-18} {use.Reads,9} {use.Writes,9} {values,7}  {use.Device}"));
        }
        if (stats.Registers.Count > RegistersShown)
            output.WriteLine(Text($"  and {stats.Registers.Count - RegistersShown} more"));
    }

    private static void WriteRest(TextWriter output, TraceStats stats)
    {
        output.WriteLine();
        foreach (QueueUse queue in stats.Queues)
        {
            string depth = Text($"at most {queue.Max}, {queue.Average:0.00} on average");
            output.WriteLine($"  queue of {Name(queue.Device)}: {depth}");
        }
        output.WriteLine(Text($"  DMA: {stats.DmaBytes} bytes written by devices"));
        long whole = Math.Max(1, stats.TimeAtIrql.Sum());
        for (int level = 0; level < stats.TimeAtIrql.Count; level++)
        {
            long time = stats.TimeAtIrql[level];
            if (time != 0)
                output.WriteLine(Text($"  IRQL {level,2}: {TraceTime.Text(time),12} {100.0 * time / whole,6:0.00} %"));
        }
    }

    private static void WriteJson(Utf8JsonWriter json, TraceStats stats)
    {
        json.WriteStartObject();
        json.WriteNumber("records", stats.Records);
        json.WriteNumber("ns", (stats.LastTime - stats.FirstTime) * NanosecondsPerTick);
        json.WriteStartObject("kinds");
        foreach ((string kind, ulong count) in stats.Kinds)
            json.WriteNumber(kind, count);
        json.WriteEndObject();
        json.WriteStartObject("latencies");
        foreach ((string name, LatencyHistogram times) in Latencies(stats))
        {
            json.WriteStartObject(name);
            json.WriteNumber("count", times.Count);
            json.WriteNumber("p50Ns", times.Percentile(0.5) * NanosecondsPerTick);
            json.WriteNumber("p90Ns", times.Percentile(0.9) * NanosecondsPerTick);
            json.WriteNumber("p99Ns", times.Percentile(0.99) * NanosecondsPerTick);
            json.WriteNumber("maxNs", times.Max * NanosecondsPerTick);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        WriteLists(json, stats);
        json.WriteEndObject();
    }

    private static void WriteLists(Utf8JsonWriter json, TraceStats stats)
    {
        json.WriteStartArray("registers");
        foreach (RegisterUse use in stats.Registers)
        {
            json.WriteStartObject();
            json.WriteString("device", use.Device);
            json.WriteString("register", use.Register);
            json.WriteNumber("reads", use.Reads);
            json.WriteNumber("writes", use.Writes);
            json.WriteNumber("values", use.Values);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("queues");
        foreach (QueueUse queue in stats.Queues)
        {
            json.WriteStartObject();
            json.WriteString("device", queue.Device);
            json.WriteNumber("max", queue.Max);
            json.WriteNumber("average", queue.Average);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("irqlNs");
        for (int level = 0; level < stats.TimeAtIrql.Count; level++)
        {
            if (stats.TimeAtIrql[level] != 0)
                json.WriteNumber(Text($"{level}"), stats.TimeAtIrql[level] * NanosecondsPerTick);
        }
        json.WriteEndObject();
        json.WriteNumber("dmaBytes", stats.DmaBytes);
    }

    private static string Name(string device) => device.Length == 0 ? "an unnamed device" : device;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
