using Hil.Kernel;
using Hil.Testing;
using Hil.Wdm;

namespace Hil.EndToEnd.Tests.Drivers;

/// <summary>What apc.c cannot check from inside.</summary>
public sealed class ApcTests
{
    private const uint FirstControl = 0x222000 + 4 * 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>The thread that carried a request out waits for the next one, and nobody sends one.</summary>
    [Fact]
    public async Task ARequestsThreadTakesApcsAfterTheRequest()
    {
        await using HilRig rig = await StartAsync();
        await using HilFile file = await rig.OpenAsync(@"\\.\HilApc");

        IoResult result = await file.DeviceIoControlAsync(FirstControl, default, default).WaitAsync(s_patience);

        Assert.Equal(NtStatus.STATUS_SUCCESS, result.Status);
        long until = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (rig.DebugOutput.Count == 0 && Environment.TickCount64 < until)
            await Task.Delay(10);
        Assert.Equal("the idle thread: 0", Assert.Single(rig.DebugOutput));
    }

    [Fact]
    public async Task AThreadThatEndsWithAnApcInItsQueueIsABugCheck()
    {
        await using HilRig rig = await StartAsync();
        await using HilFile file = await rig.OpenAsync(@"\\.\HilApc");
        var stopped = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Kernel.Scheduler.Stopped += reason => stopped.TrySetResult(reason);

        Task<IoResult> request = file.DeviceIoControlAsync(FirstControl + 4, default, default);

        BugCheckReport report = Assert.IsType<BugCheckException>(await stopped.Task.WaitAsync(s_patience)).Report;
        await Task.WhenAny(request); // It ended before the thread, or with it.
        Assert.Equal(BugCheckCodes.KERNEL_APC_PENDING_DURING_EXIT, report.Code);
        Assert.NotEqual(0UL, report.Parameter1);
        Assert.Equal(0xFFFFUL, report.Parameter2);
    }

    /// <summary>Its kernel routine runs when the thread leaves the kernel; what would come then is code of an
    /// application, of which there is none.</summary>
    [Fact]
    public async Task AUserApcIsDoneWhenTheRequestIsOver()
    {
        await using HilRig rig = await StartAsync();
        await using HilFile file = await rig.OpenAsync(@"\\.\HilApc");

        IoResult result = await file.DeviceIoControlAsync(FirstControl + 8, default, default).WaitAsync(s_patience);
        await file.DeviceIoControlAsync(0, default, default).WaitAsync(s_patience);

        Assert.Equal(NtStatus.STATUS_USER_APC, result.Status);
        Assert.Contains("user APC", Assert.Single(rig.Violations), StringComparison.Ordinal);
    }

    private static Task<HilRig> StartAsync() =>
        HilRig.StartAsync(new HilRigOptions { Driver = TestDrivers.Image("apc") });
}
