using System.Collections.Immutable;
using Hil.Kernel;
using Hil.Loader;
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
    [InlineData("crt", "HilCrt", "")]
    [InlineData("services", "HilServices", "")]
    [InlineData("objects", "HilObjects", "")]
    [InlineData("callbacks", "HilCallbacks", "")]
    [InlineData("executive", "HilExecutive", "")]
    [InlineData("apc", "HilApc", "")]
    [InlineData("zw", "HilZw", "")]
    [InlineData("iomisc", "HilIoMisc", "")]
    [InlineData("iomisc", "HilIoMisc", "edu")]
    [InlineData("wmi", "HilWmi", "")]
    [InlineData("wmilib", "HilWmilib", "")]
    [InlineData("mdl", "HilMdl", "")]
    [InlineData("preempt", "HilPreempt", "edu")]
    [InlineData("isrfault", "HilIsrFault", "edu")]
    [InlineData("resource", "HilResource", "edu")]
    [InlineData("bus", "HilBus", "edu")]
    [InlineData("chains", "HilChains", "edu")]
    [InlineData("polldma", "HilPollDma", "edu")]
    [InlineData("spinisr", "HilSpinIsr", "edu")]
    [InlineData("clocks", "HilClocks", "")]
    [InlineData("gencode", "HilGenCode", "")]
    [InlineData("secure", "HilSecure", "")]
    [InlineData("headers", "HilHeaders", "")]
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

    /// <summary>zw.c loads and unloads another driver by its service.</summary>
    [Fact]
    public async Task ADriverLoadsAnotherByItsService()
    {
        await using HilRig rig = await HilRig.StartAsync(new HilRigOptions { Driver = TestDrivers.Image("zw") });
        await using HilFile file = await rig.OpenAsync(@"\\.\HilZw");
        rig.Kernel.Registry.CreateService("HilOther").SetString("ImagePath", @"System32\drivers\rtl.sys");

        IoResult loaded = await file.DeviceIoControlAsync(RunAll + 4 * 100, default, default);
        IoResult again = await file.DeviceIoControlAsync(RunAll + 4 * 100, default, default);
        HilFile other = await rig.OpenAsync(@"\\.\HilRtl");
        IoResult busy = await file.DeviceIoControlAsync(RunAll + 4 * 101, default, default);
        await other.DisposeAsync();
        IoResult unloaded = await file.DeviceIoControlAsync(RunAll + 4 * 101, default, default);

        Assert.Equal(NtStatus.STATUS_SUCCESS, loaded.Status);
        Assert.Equal(NtStatus.STATUS_IMAGE_ALREADY_LOADED, again.Status);
        Assert.Equal(NtStatus.STATUS_DEVICE_BUSY, busy.Status);
        Assert.Equal(NtStatus.STATUS_SUCCESS, unloaded.Status);
        await Assert.ThrowsAsync<NtStatusException>(() => rig.OpenAsync(@"\\.\HilRtl"));
    }

    /// <summary>What a service names may be no driver, lie nowhere, or be loaded already.</summary>
    [Theory]
    [InlineData(@"\??\C:\drivers\README.md", 0xC000007Bu)]
    [InlineData("../zw.c", 0xC0000034u)]
    [InlineData(@"\SystemRoot\System32\drivers\ZW.SYS", 0xC000010Eu)]
    public async Task AServiceWhoseImageIsNoDriverIsNotLoaded(string image, uint expected)
    {
        await using HilRig rig = await HilRig.StartAsync(
            new HilRigOptions { Driver = TestDrivers.Image("zw"), ServiceFolder = TestDrivers.Sources });
        await using HilFile file = await rig.OpenAsync(@"\\.\HilZw");
        rig.Kernel.Registry.CreateService("HilOther").SetString("ImagePath", image);

        IoResult loaded = await file.DeviceIoControlAsync(RunAll + 4 * 100, default, default);

        Assert.Equal(new NTSTATUS(expected), loaded.Status);
    }

    /// <summary>services.c is told of the driver that is loaded after it, not of itself.</summary>
    [Fact]
    public async Task ADriverIsToldOfImagesThatAreLoaded()
    {
        await using HilRig rig = await HilRig.StartAsync(new HilRigOptions { Driver = TestDrivers.Image("services") });
        await using HilFile file = await rig.OpenAsync(@"\\.\HilServices");
        Assert.True((await file.DeviceIoControlAsync(RunAll + 4 * 101, default, default)).IsSuccess);
        DriverImage image = DriverImage.ReadFile(TestDrivers.Image("bad"));

        rig.Kernel.Scheduler.Run(() => new DriverLoader(rig.Kernel).Load(image).Initialize());

        Assert.Equal(
            @"image \SystemRoot\System32\drivers\bad.sys: process 0000000000000000, system 1, addressing 3, "
            + $"begins 5a4d, {rig.Kernel.Modules.All.Single(module => module.Name == "bad.sys").Bytes} bytes",
            Assert.Single(rig.DebugOutput));
    }

    /// <summary>Nobody sits here who could put the error right: the request ends with its own status.</summary>
    [Fact]
    public async Task ARequestWithAHardErrorEndsWithItsStatus()
    {
        await using HilRig rig = await HilRig.StartAsync(new HilRigOptions { Driver = TestDrivers.Image("services") });
        await using HilFile file = await rig.OpenAsync(@"\\.\HilServices");

        IoResult result = await file.DeviceIoControlAsync(RunAll + 4 * 102, default, default).WaitAsync(s_patience);

        Assert.Equal(NtStatus.STATUS_DEVICE_NOT_READY, result.Status);
        Assert.Empty(rig.Violations);
    }

    /// <summary>Bug check callbacks of services.c run at HIGH_LEVEL (15), each in its state "started" (2).</summary>
    [Fact]
    public async Task DriversHaveTheLastWordWhenTheMachineStops()
    {
        await using HilRig rig = await HilRig.StartAsync(new HilRigOptions { Driver = TestDrivers.Image("services") });
        await using HilFile file = await rig.OpenAsync(@"\\.\HilServices");

        var stop = await Assert.ThrowsAsync<BugCheckException>(
            () => file.DeviceIoControlAsync(RunAll + 4 * 100, default, default).WaitAsync(s_patience));

        Assert.Equal(0xDEADu, stop.Report.Code);
        Assert.Equal(
            ["last word: 32 bytes at IRQL 15, state 2", "dump data: 1, buffer said 0x5a", "reason 4: bug check 0xdead"],
            rig.DebugOutput.TakeLast(3));
    }
}
