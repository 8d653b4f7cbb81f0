using System.Diagnostics;

namespace Hil.Trace.Tests.Format;

public sealed class TraceFilesTests
{
    [Fact]
    public void FileThatIsNoTraceIsNotReplaced()
    {
        using var trace = new TemporaryTrace();
        File.WriteAllText(trace.Path, "int main(void) { return 0; }");

        Assert.Throws<TraceFileException>(() => TraceWriter.RequireWritable(trace.Path));
        var e = Assert.Throws<TraceFileException>(() => TraceWriter.Create(trace.Path));

        Assert.Contains("is no trace", e.Message, StringComparison.Ordinal);
        Assert.Equal("int main(void) { return 0; }", File.ReadAllText(trace.Path));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(200)]
    public void TraceThatWasCutOffIsReplaced(int bytes)
    {
        using var trace = new TemporaryTrace();
        TraceWriter.Create(trace.Path).Dispose();
        using (FileStream file = File.OpenWrite(trace.Path))
            file.SetLength(bytes);

        TraceWriter.Create(trace.Path).Dispose();

        using TraceReader reader = TraceReader.Open(trace.Path);
        Assert.True(reader.IsComplete);
    }

    [Fact]
    public void SecondWriterOnOnePathFailsAtOnce()
    {
        using var trace = new TemporaryTrace();
        using TraceWriter first = TraceWriter.Create(trace.Path);

        var e = Assert.Throws<TraceFileException>(() => TraceWriter.Create(trace.Path));
        Assert.Equal(trace.Path, e.Path);
        Assert.Contains("another capture", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SecondWriterLeavesTheFirstOnesTraceWhole()
    {
        using var trace = new TemporaryTrace();
        var records = new GeneratedRecords(4);
        using (TraceWriter first = TraceWriter.Create(trace.Path))
        {
            records.AddTo(first, 100);
            first.Flush();
            Assert.Throws<TraceFileException>(() => TraceWriter.Create(trace.Path));
            records.AddTo(first, 100);
        }
        Assert.Equal(records.Added, PlainRecord.ReadAll(trace.Path));
    }

    [Fact]
    public void PathCanBeWrittenAgainAfterTheFirstWriterHasEnded()
    {
        using var trace = new TemporaryTrace();
        TraceWriter.Create(trace.Path).Dispose();
        TraceWriter.Create(trace.Path).Dispose();
    }

    [Fact]
    public void ReaderTellsWhetherSomebodyWrites()
    {
        using var trace = new TemporaryTrace();
        using TraceWriter writer = TraceWriter.Create(trace.Path);
        using TraceReader reader = TraceReader.Open(trace.Path);
        Assert.True(reader.IsBeingWritten);
        writer.Complete();
        Assert.False(reader.IsBeingWritten);
    }

    [Theory]
    [InlineData("/nowhere/x.hiltrace")]
    [InlineData("/tmp")]
    [InlineData("/dev/null/x")]
    public void PathThatCannotBeWrittenIsNamed(string path)
    {
        var e = Assert.Throws<TraceFileException>(() => TraceWriter.Create(path));
        Assert.Equal(path, e.Path);
    }

    [Fact]
    public void MissingLibraryIsNamedWithItsPackage()
    {
        var e = Assert.Throws<TraceFileException>(() => Lz4.Require("x.hiltrace", "liblz4.so.none"));
        Assert.Contains("liblz4.so.none", e.Problem, StringComparison.Ordinal);
        Assert.Contains("liblz4-1", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Lz4ToolAcceptsTheFile()
    {
        using var trace = new TemporaryTrace();
        using (TraceWriter writer = TraceWriter.Create(trace.Path))
            new GeneratedRecords(5).AddTo(writer, 40_000);

        using TraceReader reader = TraceReader.Open(trace.Path);
        Assert.Equal(0, RunLz4("-t", trace.Path, out _));
        Assert.Equal(0, RunLz4("--list", trace.Path, out string listed));
        Assert.Matches($@"\n\s+{reader.Blocks.Count + 2}\s.*test\.hiltrace", listed);
    }

    private static int RunLz4(string option, string path, out string output)
    {
        var start = new ProcessStartInfo("lz4") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(option);
        start.ArgumentList.Add(path);
        using Process lz4 = Process.Start(start)!;
        output = lz4.StandardOutput.ReadToEnd() + lz4.StandardError.ReadToEnd();
        lz4.WaitForExit();
        return lz4.ExitCode;
    }
}
