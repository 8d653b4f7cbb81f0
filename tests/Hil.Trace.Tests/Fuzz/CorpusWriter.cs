using Hil.Trace.Tests.Format;

namespace Hil.Trace.Tests.Fuzz;

/// <summary>Writes the corpus anew: `Hil.Trace.Tests -explicit only`, with the folder in HIL_TRACE_CORPUS.</summary>
public sealed class CorpusWriter
{
    [Fact(Explicit = true)]
    public void WriteCorpus()
    {
        string? folder = Environment.GetEnvironmentVariable("HIL_TRACE_CORPUS");
        Assert.NotNull(folder);
        Write(Path.Combine(folder, "all-kinds.hiltrace"), seed: 1, blocks: 1, recordsEach: 150);
        Write(Path.Combine(folder, "blocks.hiltrace"), seed: 2, blocks: 6, recordsEach: 12);
        string cut = Path.Combine(folder, "killed.hiltrace");
        Write(cut, seed: 3, blocks: 3, recordsEach: 20);
        using FileStream file = File.OpenWrite(cut);
        file.SetLength(file.Length - 700);
    }

    private static void Write(string path, int seed, int blocks, int recordsEach)
    {
        var options = new TraceWriterOptions { Created = DateTimeOffset.UnixEpoch, HeldMax = TimeSpan.FromHours(1) };
        using TraceWriter writer = TraceWriter.Create(path, options);
        var records = new GeneratedRecords(seed);
        for (int i = 0; i < blocks; i++)
        {
            records.AddTo(writer, recordsEach);
            writer.Flush();
        }
    }
}
