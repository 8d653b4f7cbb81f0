using Hil.EndToEnd.Tests.Cli;
using Hil.Host;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Testing;
using Hil.Trace;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>Captured runs that end badly: the replay comes to the same end.</summary>
[Collection(nameof(TraceCollection))]
public sealed class StoppedRunReplayTests
{
    private const uint FirstControl = 0x222000;

    [Theory]
    [InlineData(0)] // NullRead
    [InlineData(3)] // FreedPool
    [InlineData(6)] // WriteToCode
    [InlineData(9)] // StackOverflow
    [InlineData(13)] // SpinAtPassive: the watchdog
    [InlineData(14)] // SpinAtDispatch: the watchdog
    [InlineData(15)] // SpinWithInterruptsOff: the watchdog
    [InlineData(22)] // CompleteTwice
    [InlineData(34)] // OwnBugCheck
    [InlineData(35)] // NullReadInDpc
    [InlineData(37)] // NullReadInThread
    [InlineData(44)] // StallInDpc
    [InlineData(45)] // StallAtDispatch
    public async Task ABugCheckIsReplayed(int fault)
    {
        using var trace = new TraceFile();
        await RequireSameEndAsync(trace, await CaptureFaultAsync(trace, fault));
    }

    /// <summary>The watchdog's time is over during an access that the processor makes on a scratch page, or right
    /// behind it: one access before makes the difference.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task AWatchdogDuringATrappedAccessIsReplayed(int accessesBefore)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("hil-stepped-");
        try
        {
            string reads = string.Concat(Enumerable.Repeat("EduRead(edu, EDU_STATUS);", accessesBefore));
            var variant = new DriverVariant(
                "edu-stepped",
                ("control.c", "        return STATUS_DEVICE_BUSY; /* with",
                    $"        return STATUS_DEVICE_BUSY;\n    {reads}for (;;)\n"
                    + "        InterlockedOr((volatile LONG *)((PUCHAR)edu->Registers + EDU_STATUS), 0); /*"));
            HilRigOptions options = Edu.Options(EduKind.Native) with
            {
                Driver = variant.Build(folder.FullName),
                Watchdog = TimeSpan.FromMilliseconds(100),
            };
            using var trace = new TraceFile();
            await RequireSameEndAsync(
                trace, await CaptureStopAsync(trace, options, static rig => rig.OpenAsync(), Edu.Factorial, bytes: 4));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task RequireSameEndAsync(TraceFile trace, BugCheckReport captured)
    {
        using var replay = new TraceReplay(
            new ReplayOptions { TracePath = trace.Path, CapturePath = trace.SecondPath });
        ReplayResult result = await replay.RunAsync();

        Assert.True(result.IsSame, string.Join('\n', DivergenceText.Lines(replay, result)));
        Assert.NotNull(result.BugCheck);
        Assert.Equal(
            (captured.Code, captured.Parameter1, captured.Parameter2, captured.Rip, captured.Irql, captured.Reason),
            (result.BugCheck.Code, result.BugCheck.Parameter1, result.BugCheck.Parameter2, result.BugCheck.Rip,
                result.BugCheck.Irql, result.BugCheck.Reason));
        Assert.Null(TraceComparison.FindDifference(trace.Path, trace.SecondPath));
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task WhatWasCapturedBeforeQemuWasKilledIsReplayed(EduKind kind)
    {
        using var trace = new TraceFile();
        CaptureSummary summary = await CaptureKilledAsync(trace, kind);
        Assert.Null(summary.Writer.Failure);

        using var replay = new TraceReplay(
            new ReplayOptions { TracePath = trace.Path, ManagedDriver = Edu.Options(kind).ManagedDriver });
        ReplayResult result = await replay.RunAsync();

        Assert.True(result.IsSame, string.Join('\n', DivergenceText.Lines(replay, result)));
        Assert.True(result.Records > 100, $"{result.Records} records are not what came before the kill");
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task RunThatIsEndedWhereverItIsIsReplayedUpToThere(EduKind kind)
    {
        const int Rounds = 20;
        for (int round = 0; round < Rounds; round++)
        {
            using var trace = new TraceFile();
            await CaptureEndedAsync(trace, kind, answered: round);

            await trace.RequireExactAsync(Edu.Options(kind));
        }
    }

    // Ends the run when so many requests of more are answered.
    private static async Task CaptureEndedAsync(TraceFile trace, EduKind kind, int answered)
    {
        const int InFlight = 10;
        await using HilRig rig = await HilRig.StartAsync(
            Edu.Options(kind) with { Capture = new CaptureOptions { Path = trace.Path } });
        HilFile file = await rig.OpenAsync();
        List<Task> requests = [];
        for (int i = 0; i < answered + InFlight; i++)
            requests.Add(file.AskAsync(Edu.Raise, 1));
        if (answered != 0)
            await requests[answered - 1];

        Assert.Null(rig.EndCapture()!.Writer.Failure);

        foreach (Task request in requests.Skip(answered))
            await Record.ExceptionAsync(() => request.WaitAsync(Edu.Patience));
    }

    private static Task<BugCheckReport> CaptureFaultAsync(TraceFile trace, int fault) => CaptureStopAsync(
        trace,
        new HilRigOptions { Driver = TestDrivers.Image("bad"), Watchdog = TimeSpan.FromSeconds(1) },
        static rig => rig.OpenAsync(@"\\.\HilBad"),
        FirstControl + 4 * (uint)fault,
        bytes: 16);

    private static async Task<BugCheckReport> CaptureStopAsync(
        TraceFile trace, HilRigOptions options, Func<HilRig, Task<HilFile>> open, uint control, int bytes)
    {
        await using HilRig rig = await HilRig.StartAsync(
            options with { Capture = new CaptureOptions { Path = trace.Path } });
        HilFile file = await open(rig);
        var stopped = await Assert.ThrowsAsync<BugCheckException>(
            () => file.DeviceIoControlAsync(control, new byte[bytes], new byte[bytes]).WaitAsync(Edu.Patience));
        CaptureSummary summary = rig.EndCapture()!;
        Assert.Empty(summary.Inexact);
        return stopped.Report;
    }

    private static async Task<CaptureSummary> CaptureKilledAsync(TraceFile trace, EduKind kind)
    {
        await using HilRig rig = await HilRig.StartAsync(
            Edu.Options(kind) with { Capture = new CaptureOptions { Path = trace.Path } });
        HilFile file = await rig.OpenAsync();
        await file.AskAsync(Edu.Factorial, 6);
        Task<(Hil.Wdm.NTSTATUS, uint)> inFlight = file.AskAsync(Edu.Raise, 0);
        await rig.Session.PassAsync();
        HilProcess.KillProcess(rig.Session.Machine.Qemu.Id);
        await inFlight;
        Assert.IsType<MachineLostException>(rig.Kernel.Scheduler.StoppedBy);
        return rig.EndCapture()!;
    }
}
