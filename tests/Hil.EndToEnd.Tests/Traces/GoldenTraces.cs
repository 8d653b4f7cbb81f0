using Hil.Host;
using Hil.Kernel;
using Hil.Testing;
using Hil.Trace;
using static Hil.Wdm.NtStatus;

namespace Hil.EndToEnd.Tests.Traces;

// With HIL_WRITE_TRACES=1 the traces are captured anew before the tests replay them. That is needed when the kernel
// itself does something else than before (asks a clock more often, lays memory out differently), or the schema changes.

/// <summary>The traces under tests/golden/traces, and the run that is in each of them.</summary>
public sealed class GoldenTraces : IAsyncLifetime
{
    public static string PathOf(EduKind kind) => Path.Combine(
        TestDrivers.Root, "tests", "golden", "traces",
        kind == EduKind.Native ? "edu.hiltrace" : "edu-managed.hiltrace");

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("HIL_WRITE_TRACES") != "1")
            return;
        foreach (EduKind kind in Enum.GetValues<EduKind>())
            await CaptureAsync(PathOf(kind), kind);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task CaptureAsync(string path, EduKind kind)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using HilRig rig = await HilRig.StartAsync(
            Edu.Options(kind) with { Capture = new CaptureOptions { Path = path } });
        await AskAsync(rig);
        rig.Unload();
        Assert.True(rig.EndCapture()!.IsExact, "a golden trace must be exact");
    }

    private static async Task AskAsync(HilRig rig)
    {
        await using HilFile file = await rig.OpenAsync();
        Assert.Equal(STATUS_SUCCESS, (await file.DeviceIoControlAsync(Edu.GetInfo, default, new byte[12])).Status);
        Assert.Equal((STATUS_SUCCESS, 120u), await file.AskAsync(Edu.Factorial, 5));
        Assert.Equal(STATUS_INVALID_PARAMETER, (await file.AskAsync(Edu.Factorial, 13)).Status);
        Assert.Equal((STATUS_SUCCESS, 0x40u), await file.AskAsync(Edu.Raise, 0x40));
        byte[] sent = [.. Enumerable.Range(0, 300).Select(static n => (byte)n)];
        Assert.Equal(STATUS_SUCCESS, (await file.WriteAsync(sent, 4000)).Status);
        Assert.Equal(STATUS_SUCCESS, (await file.ReadAsync(new byte[sent.Length], 4000)).Status);
        using var cancellation = new CancellationTokenSource();
        var inFlight = Edu.OccupyAsync(rig, file, cancellation.Token);
        var queued = file.AskAsync(Edu.Factorial, 6);
        await rig.Session.PassAsync();
        await cancellation.CancelAsync();
        Assert.Equal(STATUS_CANCELLED, (await inFlight).Status);
        Assert.Equal((STATUS_SUCCESS, 720u), await queued);
    }
}
