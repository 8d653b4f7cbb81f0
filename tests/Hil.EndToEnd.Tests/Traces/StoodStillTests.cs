using System.Globalization;
using Hil.EndToEnd.Tests.Cli;
using Hil.Trace;

namespace Hil.EndToEnd.Tests.Traces;

// Each run is in processes of its own, and these tests do little but wait: scripts/test runs what has the trait beside
// all others.

/// <summary>Captures during which the world stood still (SIGSTOP) for longer than any limit: nobody takes the driver
/// for hung, and the trace is whole.</summary>
[Trait("takes", "minutes")]
public sealed class StoodStillTests : IDisposable
{
    private const int Rounds = 400;
    private const int Transfers = 20; // Of 100 ms each: a machine that is slow to stop them still meets a request.
    private static readonly TimeSpan s_minute = TimeSpan.FromSeconds(60); // The watchdog's time is 10 s, a step's 30 s.

    private readonly string _folder = Directory.CreateTempSubdirectory("hil-still-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task CaptureIsWholeAndExactThoughHilOrQemuStoodStillForAMinute() => await Task.WhenAll(
        StopAsync("hil", static hil => [hil.Id]),
        StopAsync("qemu", static hil => [hil.QemuId()]),
        StopAsync("both", static hil => [hil.QemuId(), hil.Id]),
        StopAsync("managed", static hil => [hil.QemuId()], "--managed"));

    private async Task StopAsync(string name, Func<HilProcess, int[]> choose, params string[] options)
    {
        string trace = Path.Combine(_folder, $"{name}.hiltrace");
        using HilProcess hil = HilProcess.Start(
            ["run", Path.Combine(TestDrivers.Root, "samples", "drivers", "edu"), .. options,
                "--workload", WriteWorkload(name), "--capture", trace]);
        await hil.SeeAsync("open device"); // From here on the driver has a request at nearly all times.

        await HilProcess.PauseAsync(s_minute, choose(hil));

        Assert.True(await hil.WaitAsync() == 0, $"{name}: {hil.Output}");
        AssertWhole(trace);
        string[] driver = options.Length == 0 ? [] : ["--driver", typeof(Samples.Edu.EduDriver).Assembly.Location];
        (int code, string output) = await HilProcess.RunAsync(["replay", trace, .. driver]);
        Assert.True(code == 0, $"{name}: {output}");
    }

    // The driver's own patience is a kernel timer: time goes on for that, as it does on a real machine.
    private string WriteWorkload(string name)
    {
        string path = Path.Combine(_folder, $"{name}.yaml");
        File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $$"""
            workload:
              - open: device
              - {ioctl: 0x22200c, in: u32 600000}
              - repeat: {{Rounds}}
                within: 600 s
                steps:
                  - {ioctl: 0x222008, in: u32 1, out: u32 1}
              - repeat: {{Transfers}}
                steps:
                  - {write: random 100 seed 1}
              - close: file
            """));
        return path;
    }

    private static void AssertWhole(string path)
    {
        using TraceReader reader = TraceReader.Open(path);
        Assert.True(reader.IsComplete);
        Assert.Empty(reader.Problems);
        Assert.Equal(0UL, reader.Statistics.Lost);
        using TraceCursor cursor = reader.OpenCursor();
        long last = 0, gap = 0;
        while (cursor.MoveNext())
            (last, gap) = (cursor.Time, Math.Max(gap, last == 0 ? 0 : cursor.Time - last));
        Assert.True(TimeSpan.FromTicks(gap) > s_minute - TimeSpan.FromSeconds(1), "the capture did not stand still");
    }
}
