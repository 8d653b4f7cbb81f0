using Hil.Host;
using Hil.Kernel;
using Hil.Testing;
using Hil.Wdm;
using static Hil.Wdm.NtStatus;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>The edu drivers do without the device what they did with it.</summary>
[Collection(nameof(TraceCollection))]
public sealed class EduReplayTests
{
    [Theory, ClassData(typeof(EduKinds))]
    public async Task ControlRequestsAreReplayedExactly(EduKind kind)
    {
        using var trace = new TraceFile();
        CaptureSummary summary = await trace.CaptureAsync(Edu.Options(kind), AskAsync);
        Assert.Empty(summary.Inexact);
        await trace.RequireExactAsync(Edu.Options(kind));

        static async Task AskAsync(HilRig rig)
        {
            await using HilFile file = await rig.OpenAsync();
            for (uint n = 0; n <= 12; n++)
                await file.AskAsync(Edu.Factorial, n);
            for (uint value = 1; value <= 50; value++)
                Assert.Equal((STATUS_SUCCESS, value), await file.AskAsync(Edu.Raise, value));
        }
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task TransfersAreReplayedWithWhatTheDeviceWrote(EduKind kind)
    {
        using var trace = new TraceFile();
        await trace.CaptureAsync(Edu.Options(kind), TransferAsync);
        await trace.RequireExactAsync(Edu.Options(kind));

        static async Task TransferAsync(HilRig rig)
        {
            await using HilFile file = await rig.OpenAsync();
            byte[] sent = new byte[Edu.BufferBytes];
            new Random(1).NextBytes(sent);
            Assert.Equal(STATUS_SUCCESS, (await file.WriteAsync(sent)).Status);
            byte[] received = new byte[Edu.BufferBytes];
            Assert.Equal(STATUS_SUCCESS, (await file.ReadAsync(received)).Status);
            Assert.Equal(sent, received);
        }
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task CancelledRequestsAreReplayedExactly(EduKind kind)
    {
        using var trace = new TraceFile();
        await trace.CaptureAsync(Edu.Options(kind), CancelAsync);
        await trace.RequireExactAsync(Edu.Options(kind));

        static async Task CancelAsync(HilRig rig)
        {
            await using HilFile file = await rig.OpenAsync();
            using var first = new CancellationTokenSource();
            using var second = new CancellationTokenSource();
            Task<(NTSTATUS Status, uint)> inFlight = Edu.OccupyAsync(rig, file, first.Token);
            Task<(NTSTATUS Status, uint)> queued = file.AskAsync(Edu.Factorial, 5, second.Token);
            await rig.Session.PassAsync();
            await second.CancelAsync();
            Assert.Equal(STATUS_CANCELLED, (await queued).Status);
            await first.CancelAsync();
            Assert.Equal(STATUS_CANCELLED, (await inFlight).Status);
        }
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task ASurpriseRemovalDuringARequestIsReplayedExactly(EduKind kind)
    {
        using var trace = new TraceFile();
        await trace.CaptureAsync(Edu.Options(kind), PullAsync);
        await trace.RequireExactAsync(Edu.Options(kind));

        static async Task PullAsync(HilRig rig)
        {
            await using HilFile file = await rig.OpenAsync();
            Task<(NTSTATUS Status, uint)> inFlight = Edu.OccupyAsync(rig, file, default);
            Assert.Equal((STATUS_SUCCESS, null), await rig.Session.ChangeAsync(PnpAction.SurpriseRemove));
            Assert.Equal(STATUS_DEVICE_DOES_NOT_EXIST, (await inFlight).Status);
            await file.DisposeAsync();
            Assert.True(await rig.Session.FinishRemovalAsync());
        }
    }

    /// <summary>pulled.c looks at its registers while it lets go of them: what they hold, then all ones.</summary>
    [Fact]
    public async Task WhatADeviceThatWasPulledOutReadsAsIsReplayedExactly()
    {
        using var trace = new TraceFile();
        var options = new HilRigOptions { Driver = TestDrivers.Image("pulled"), Devices = ["edu"] };
        await trace.CaptureAsync(options, PullAsync);
        await trace.RequireExactAsync(options);

        static async Task PullAsync(HilRig rig)
        {
            Assert.Equal((STATUS_SUCCESS, null), await rig.Session.ChangeAsync(PnpAction.Restart));
            Assert.Equal((STATUS_SUCCESS, null), await rig.Session.ChangeAsync(PnpAction.SurpriseRemove));
            Assert.Contains("id ffffffff, live ffffffff, 64 bits ffffffffffffffff, late ffffffff", rig.DebugOutput);
        }
    }

    [Fact]
    public async Task ARelaxedReplayComparesTheConversation()
    {
        using var trace = new TraceFile();
        await trace.CaptureAsync(Edu.Options(EduKind.Managed), static async rig =>
        {
            await using HilFile file = await rig.OpenAsync();
            await file.AskAsync(Edu.Factorial, 6);
        });
        await HilReplay.AssertAsync(new ReplayOptions
        {
            TracePath = trace.Path,
            ManagedDriver = Edu.Options(EduKind.Managed).ManagedDriver,
            IsRelaxed = true,
        });
    }
}
