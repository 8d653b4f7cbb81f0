using Hil.Host;
using Hil.Testing;
using Hil.Trace;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>A trace of one test, in a folder of its own.</summary>
internal sealed class TraceFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hil-trace-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "run.hiltrace");

    public string SecondPath => System.IO.Path.Combine(_folder.FullName, "again.hiltrace");

    /// <summary>Captures what <paramref name="ask"/> makes a driver do, up to its unload.</summary>
    public async Task<CaptureSummary> CaptureAsync(HilRigOptions options, Func<HilRig, Task> ask)
    {
        await using HilRig rig = await HilRig.StartAsync(
            options with { Capture = new CaptureOptions { Path = Path } });
        await ask(rig);
        rig.Unload();
        CaptureSummary summary = rig.EndCapture()!;
        Assert.Null(summary.Writer.Failure);
        Assert.Equal(0UL, (ulong)summary.Writer.Lost);
        return summary;
    }

    /// <summary>Replays the trace, writes the replay down, and compares both.</summary>
    public async Task RequireExactAsync(HilRigOptions options)
    {
        await HilReplay.AssertAsync(new ReplayOptions
        {
            TracePath = Path,
            ManagedDriver = options.ManagedDriver,
            CapturePath = SecondPath,
        });
        Assert.Null(TraceComparison.FindDifference(Path, SecondPath));
    }

    /// <summary>Why the trace says that it cannot be replayed exactly.</summary>
    public string[] ReadInexact()
    {
        using TraceReader reader = TraceReader.Open(Path);
        using TraceCursor cursor = reader.OpenCursor();
        List<string> reasons = [];
        while (cursor.MoveNext())
        {
            if (cursor.Kind == TraceKind.Inexact)
                reasons.Add(cursor.Text(cursor[0]));
        }
        return [.. reasons];
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
