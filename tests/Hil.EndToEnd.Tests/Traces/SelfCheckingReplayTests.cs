using System.Collections.Immutable;
using Hil.Host;
using Hil.Kernel;
using Hil.Testing;
using Hil.Wdm;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>Drivers under tests/drivers that listen to devices, interrupts and clocks in every way: each does in a
/// replay what it did, to the last turn of its loops.</summary>
[Collection(nameof(TraceCollection))]
public sealed class SelfCheckingReplayTests
{
    private const uint RunAll = 0x222000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData("polldma", "HilPollDma", "edu", 2)] // polls a status word that the device writes
    [InlineData("spinisr", "HilSpinIsr", "edu", 3)] // spins on a flag that its service routine sets
    [InlineData("clocks", "HilClocks", "", 3)] // waits on the clock in every way
    [InlineData("ring", "HilRing", "e1000", 1)] // leaves addresses in rings in memory
    [InlineData("preempt", "HilPreempt", "edu", 1)]
    [InlineData("isrfault", "HilIsrFault", "edu", 1)]
    [InlineData("resource", "HilResource", "edu", 1)]
    [InlineData("bus", "HilBus", "edu", 1)]
    [InlineData("chains", "HilChains", "edu", 1)]
    [InlineData("waits", "HilWaits", "", 1)]
    [InlineData("startio", "HilStartIo", "", 1)]
    [InlineData("rtl", "HilRtl", "", 1)]
    [InlineData("crt", "HilCrt", "", 1)]
    [InlineData("mdl", "HilMdl", "", 1)]
    [InlineData("services", "HilServices", "", 1)]
    [InlineData("objects", "HilObjects", "", 1)]
    [InlineData("callbacks", "HilCallbacks", "", 1)]
    [InlineData("executive", "HilExecutive", "", 1)]
    [InlineData("apc", "HilApc", "", 1)]
    [InlineData("zw", "HilZw", "", 1)]
    [InlineData("iomisc", "HilIoMisc", "", 1)]
    [InlineData("iomisc", "HilIoMisc", "edu", 1)]
    [InlineData("wmi", "HilWmi", "", 1)]
    public async Task EachRunIsReplayedExactly(string driver, string device, string hardware, int runs)
    {
        HilRigOptions options = OptionsOf(driver, hardware);
        for (int run = 0; run < runs; run++)
        {
            using var trace = new TraceFile();
            CaptureSummary summary = await trace.CaptureAsync(options, rig => RunAllAsync(rig, device));
            Assert.Empty(summary.Inexact);
            await trace.RequireExactAsync(options);
        }
    }

    [Theory]
    [InlineData(InterruptPreference.Line)]
    [InlineData(InterruptPreference.Message)]
    public async Task APassiveLevelInterruptIsReplayedExactly(InterruptPreference interrupts)
    {
        using var trace = new TraceFile();
        HilRigOptions options = OptionsOf("passive", "edu") with { Interrupts = interrupts };
        await trace.CaptureAsync(options, static rig => RunAllAsync(rig, "HilPassive"));
        await trace.RequireExactAsync(options);
    }

    /// <summary>Buffers that the device knows from memory only, in another order, size and use than in the
    /// trace.</summary>
    [Theory]
    [InlineData("ring", "ringmoved")]
    [InlineData("ringmoved", "ring")]
    public async Task DescriptorRingsAndTheirBuffersMayLieElsewhere(string captured, string changed)
    {
        using var trace = new TraceFile();
        await trace.CaptureAsync(OptionsOf(captured, "e1000"), static rig => RunAllAsync(rig, "HilRing"));

        await HilReplay.AssertAsync(trace.Path, TestDrivers.Image(changed));
    }

    [Fact]
    public async Task TimeReadByGeneratedCodeIsSaidToBeInexact()
    {
        using var trace = new TraceFile();
        CaptureSummary summary = await trace.CaptureAsync(
            OptionsOf("gencode", ""), static rig => RunAllAsync(rig, "HilGenCode"));

        Assert.Contains("no driver image", Assert.Single(summary.Inexact), StringComparison.Ordinal);
        Assert.Equal(summary.Inexact, trace.ReadInexact());
    }

    private static HilRigOptions OptionsOf(string driver, string hardware) => new()
    {
        Driver = TestDrivers.Image(driver),
        Devices = hardware.Length == 0 ? [] : ImmutableArray.Create(hardware),
    };

    private static async Task RunAllAsync(HilRig rig, string device)
    {
        await using HilFile file = await rig.OpenAsync($@"\\.\{device}");
        byte[] failedLine = new byte[4];
        IoResult result = await file.DeviceIoControlAsync(RunAll, default, failedLine).WaitAsync(s_patience);
        Assert.True(result.IsSuccess && failedLine.AsSpan().SequenceEqual(new byte[4]),
            $"{result}; line {BitConverter.ToUInt32(failedLine)}; {string.Join(" | ", rig.DebugOutput.TakeLast(5))}");
    }
}
