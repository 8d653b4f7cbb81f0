using System.Diagnostics;
using System.IO.MemoryMappedFiles;

namespace Hil.Trace.Tests.Format;

/// <summary>A capture whose process is killed, for real: this program again, in the part of the victim.</summary>
public sealed class KilledWriterTests
{
    private const string VictimPath = "HIL_TRACE_VICTIM";
    private const string CountSuffix = ".count";
    private const ulong EnoughBytes = 200_000;

    [Fact]
    public void KilledWriterLosesNoMoreThanTheRecordsAtRisk()
    {
        using var trace = new TemporaryTrace();
        ulong added;
        using (var count = MemoryMappedFile.CreateFromFile(
            trace.Path + CountSuffix, FileMode.Create, null, sizeof(ulong)))
        using (MemoryMappedViewAccessor view = count.CreateViewAccessor())
        {
            using Process victim = StartVictim(trace.Path);
            while (!File.Exists(trace.Path) || (ulong)new FileInfo(trace.Path).Length < EnoughBytes)
                Assert.False(victim.WaitForExit(TimeSpan.FromMilliseconds(1)), "the victim ended by itself");
            victim.Kill();
            victim.WaitForExit();
            added = view.ReadUInt64(0);
        }

        using TraceReader reader = TraceReader.Open(trace.Path);
        Assert.False(reader.IsComplete || reader.IsBeingWritten);
        using TraceCursor cursor = reader.OpenCursor();
        ulong read = 0;
        for (; cursor.MoveNext(); read++)
            Assert.Equal((read, read * 3, (long)read), (cursor.Sequence, cursor[0], cursor.Time));

        // The last record may have been added and not yet counted.
        Assert.InRange((long)(added - read), -1, TraceWriter.RecordsAtRiskMax);
    }

    [Fact(Explicit = true)]
    public void Victim()
    {
        string? path = Environment.GetEnvironmentVariable(VictimPath);
        Assert.NotNull(path);
        using var count = MemoryMappedFile.CreateFromFile(path + CountSuffix, FileMode.Open);
        using MemoryMappedViewAccessor view = count.CreateViewAccessor();
        using TraceWriter writer = TraceWriter.Create(path);
        for (ulong i = 0; ; i++)
        {
            writer.Add(TraceKind.Irql, (long)i, i * 3);
            view.Write(0, i + 1);
        }
    }

    private static Process StartVictim(string path)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        string method = $"{typeof(KilledWriterTests).FullName}.{nameof(Victim)}";
        foreach (string argument in (ReadOnlySpan<string>)["-explicit", "only", "-method", method])
            start.ArgumentList.Add(argument);
        start.Environment[VictimPath] = path;
        return Process.Start(start)!;
    }
}
