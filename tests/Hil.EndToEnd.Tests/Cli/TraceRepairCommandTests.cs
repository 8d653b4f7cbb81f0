using Hil.Trace;

namespace Hil.EndToEnd.Tests.Cli;

/// <summary>`hil trace repair` from outside.</summary>
public sealed class TraceRepairCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hil-repair-").FullName;

    private string TracePath => Path.Combine(_folder, "run.hiltrace");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task CutOffTraceIsCompleteAfterwards()
    {
        WriteTwoBlocks();
        using (FileStream file = File.OpenWrite(TracePath))
            file.SetLength(file.Length - 200);

        (int code, string output) = await HilProcess.RunAsync("trace", "repair", TracePath);

        Assert.True(code == 0, output);
        Assert.Contains("index rebuilt: ", output, StringComparison.Ordinal);
        using TraceReader reader = TraceReader.Open(TracePath);
        Assert.True(reader.IsComplete);
    }

    [Fact]
    public async Task WholeTraceNeedsNoRepair()
    {
        WriteTwoBlocks();

        (int code, string output) = await HilProcess.RunAsync("trace", "repair", TracePath);

        Assert.True(code == 0, output);
        Assert.Contains("nothing to repair: 2 records in 2 blocks", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileThatIsNoTraceIsRefusedInOneLine()
    {
        File.WriteAllText(TracePath, "no trace");

        (int code, string output) = await HilProcess.RunAsync("trace", "repair", TracePath);

        Assert.Equal(3, code);
        Assert.Equal(
            $"hil: {TracePath}: offset 0x0: this is not a trace. Give a file that hil wrote with --capture.",
            output.Trim());
    }

    private void WriteTwoBlocks()
    {
        using TraceWriter writer = TraceWriter.Create(TracePath);
        for (ulong i = 0; i < 2; i++)
        {
            writer.Add(TraceKind.Irql, 0, i);
            writer.Flush();
        }
    }
}
