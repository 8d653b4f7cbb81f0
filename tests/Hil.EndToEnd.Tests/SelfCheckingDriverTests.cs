using System.Collections.Immutable;
using Hil.Kernel;
using Hil.Testing;
using Hil.Wdm;

namespace Hil.EndToEnd.Tests;

/// <summary>Drivers under tests/drivers that check the kernel from inside, on the virtual processor.</summary>
public sealed class SelfCheckingDriverTests
{
    private const uint RunAll = 0x222000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData("startio", "HilStartIo", "")]
    [InlineData("waits", "HilWaits", "")]
    [InlineData("rtl", "HilRtl", "")]
    [InlineData("mdl", "HilMdl", "")]
    [InlineData("preempt", "HilPreempt", "edu")]
    [InlineData("resource", "HilResource", "edu")]
    [InlineData("polldma", "HilPollDma", "edu")]
    [InlineData("spinisr", "HilSpinIsr", "edu")]
    [InlineData("clocks", "HilClocks", "")]
    [InlineData("gencode", "HilGenCode", "")]
    public async Task ADriverFindsNothingWrong(string driver, string device, string hardware)
    {
        await using HilRig rig = await HilRig.StartAsync(new HilRigOptions
        {
            Driver = TestDrivers.Image(driver),
            Devices = hardware.Length == 0 ? [] : ImmutableArray.Create(hardware),
        });
        await using HilFile file = await rig.OpenAsync($@"\\.\{device}");
        byte[] failedLine = new byte[4];

        IoResult result = await file.DeviceIoControlAsync(RunAll, default, failedLine).WaitAsync(s_patience);

        Assert.True(result.IsSuccess && failedLine.AsSpan().SequenceEqual(new byte[4]),
            $"{result}; line {BitConverter.ToUInt32(failedLine)}; {string.Join(" | ", rig.DebugOutput.TakeLast(5))}");
        await file.DisposeAsync();
        Assert.Equal(NtStatus.STATUS_SUCCESS, rig.Unload());
    }
}
