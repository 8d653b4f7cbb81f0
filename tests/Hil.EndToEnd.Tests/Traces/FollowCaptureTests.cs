using Hil.EndToEnd.Tests.Cli;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>`hil trace show --follow` beside the capture itself: two processes, one file.</summary>
public sealed class FollowCaptureTests : IDisposable
{
    // Far more than what a quiet driver's last records may be held back (100 ms), and than the time between two looks.
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("hil-follow-").FullName;

    private string TracePath => Path.Combine(_folder, "run.hiltrace");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(false, "--managed")]
    [InlineData(true)]
    public async Task EverythingIsShownWhileTheRunGoesOnAndItEndsWithTheRun(
        bool isKilled, params string[] options)
    {
        using HilProcess capture = Capture(options);
        await capture.SeeAsync("open device");
        using HilProcess follow = HilProcess.Start("trace", "show", TracePath, "--follow");
        await follow.SeeAsync("IRP_MJ_DEVICE_CONTROL 0x222004"); // The requests before the quiet one.

        // From now on nothing happens that could bring the last records along.
        await capture.SeeAsync("as quiet");
        await follow.SeeAsync("write32 BAR0+0x60 = 0x0").WaitAsync(s_soon);

        capture.Send(isKilled ? HilProcess.Signal.Kill : HilProcess.Signal.Interrupt);
        await capture.WaitAsync();
        Assert.Equal(0, await follow.WaitAsync());
        (int code, string whole) = await HilProcess.RunAsync("trace", "show", TracePath);
        Assert.Equal(0, code);
        Assert.Equal(Records(whole), Records(follow.Output));
    }

    private HilProcess Capture(string[] options)
    {
        string workload = Path.Combine(_folder, "workload.yaml");
        File.WriteAllText(workload, """
            workload:
              - open: device
              - {ioctl: 0x22200c, in: u32 600000}
              - repeat: 500
                within: 600 s
                steps:
                  - {ioctl: 0x222004, in: u32 5, out: u32 120}
              - {ioctl: 0x222008, in: u32 0, out: any 4, as: quiet}
              - wait: quiet
            """);
        return HilProcess.Start(
        [
            "run", Path.Combine(TestDrivers.Root, "samples", "drivers", "edu"), .. options,
            "--workload", workload, "--capture", TracePath,
        ]);
    }

    // Warnings, as of a trace without an index, are not records.
    private static string[] Records(string output) =>
        [.. output.Split('\n').Where(static line => line.Contains(" ms  ", StringComparison.Ordinal))];
}
