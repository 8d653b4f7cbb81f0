using System.Text.Json;

namespace Hil.Trace.Tests.Export;

public sealed class JsonExportTests
{
    [Fact]
    public void ArrayHasARecordForEachOfTheTrace()
    {
        using var trace = new SyntheticTrace();
        trace.Irps(100);
        using TraceReader reader = trace.Open();
        using var bytes = new MemoryStream();
        TraceExport.Write(reader, TraceExportFormat.Json, bytes);
        using JsonDocument json = JsonDocument.Parse(bytes.ToArray());
        Assert.Equal((int)reader.Records, json.RootElement.GetArrayLength());
        Assert.Equal("end", json.RootElement[(int)reader.Records - 1].GetProperty("kind").GetString());
    }
}
