using System.Diagnostics;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Loader;
using Hil.Machine.Qemu;
using Hil.Testing;
using Hil.Wdm;
using static Hil.Wdm.NtStatus;
using static Hil.Wdm.WdmConstants;

namespace Hil.EndToEnd.Tests;

/// <summary>Whole machines: two at once, a stack of both kinds of driver, and machines that end under their
/// users.</summary>
public sealed class MachineTests
{
    [Fact]
    public async Task TwoMachinesRunInOneProcess()
    {
        await using HilRig native = await Edu.StartAsync(EduKind.Native);
        await using HilRig managed = await Edu.StartAsync(EduKind.Managed);
        await using HilFile nativeFile = await native.OpenAsync();
        await using HilFile managedFile = await managed.OpenAsync();

        for (uint n = 1; n <= 20; n++)
        {
            var one = nativeFile.AskAsync(Edu.Raise, n);
            var other = managedFile.AskAsync(Edu.Raise, n << 8);
            Assert.Equal((STATUS_SUCCESS, n), await one);
            Assert.Equal((STATUS_SUCCESS, n << 8), await other);
        }

        Assert.Equal((20L, 20L), (native.Interrupts, managed.Interrupts));
    }

    /// <summary>Behind user memory lie the page tables.</summary>
    [Fact]
    public async Task ABufferThatDoesNotFitUserMemoryIsRefusedAndHarmsNobody()
    {
        await using HilRig rig = await Edu.StartAsync(EduKind.Native);
        await using HilFile file = await rig.OpenAsync();

        IoResult result = await file.WriteAsync(new byte[20 << 20]).WaitAsync(Edu.Patience);

        Assert.Equal(STATUS_INSUFFICIENT_RESOURCES, result.Status);
        Assert.Equal((STATUS_SUCCESS, 5u), await file.AskAsync(Edu.Raise, 5));
    }

    /// <summary>A filter in C# stands above edu.sys and sees its completions; the request is pending all the way
    /// up.</summary>
    [Fact]
    public async Task AManagedFilterStandsAboveANativeDriver()
    {
        var filter = new MachineFilter();
        await using HilRig rig = await HilRig.StartAsync(
            Edu.Options(EduKind.Native) with { Match = (0xffff, 0xffff) }); // nothing is started by itself
        (DeviceNode node, LoadedDriver driver) = Stack(rig, filter);
        HilFile file = await rig.OpenAsync(node.DeviceName);
        byte[] written = [1, 2, 3, 4];
        byte[] read = new byte[4];

        Assert.Equal((STATUS_SUCCESS, 720u), await file.AskAsync(Edu.Factorial, 6));
        Assert.Equal(STATUS_INVALID_PARAMETER, (await file.AskAsync(Edu.Factorial, 13)).Status);
        Assert.Equal(STATUS_SUCCESS, (await file.WriteAsync(written).WaitAsync(Edu.Patience)).Status);
        Assert.Equal(STATUS_SUCCESS, (await file.ReadAsync(read).WaitAsync(Edu.Patience)).Status);

        Assert.Equal((1, 4ul), filter.Seen);
        Assert.Equal(written, read);
        await file.DisposeAsync();
        rig.Kernel.Scheduler.Run(() =>
        {
            Assert.Equal(STATUS_SUCCESS, rig.Kernel.Pnp.Remove(node));
            Assert.Equal(STATUS_SUCCESS, driver.Unload());
        });
        Assert.Empty(rig.Violations);
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task ALostMachineEndsTheKernelThreadThatUsesIt(EduKind kind)
    {
        await using HilRig rig = await Edu.StartAsync(kind);
        await using HilFile file = await rig.OpenAsync();
        var busy = new TaskCompletionSource();
        Task run = Task.Run(() => rig.Kernel.Scheduler.Run(() => RaiseForever(file, busy)));
        await busy.Task.WaitAsync(Edu.Patience);

        using (var qemu = Process.GetProcessById(rig.Session.Machine.Qemu.Id))
            qemu.Kill();
        var killed = Stopwatch.StartNew();

        await Assert.ThrowsAsync<MachineLostException>(() => run.WaitAsync(Edu.Patience));
        Assert.InRange(killed.ElapsedMilliseconds, 0, 1000);
    }

    [Fact]
    public async Task DisposingTheRigEndsWhatIsPendingAndQemu()
    {
        HilRig rig = await Edu.StartAsync(EduKind.Native);
        HilFile file = await rig.OpenAsync();
        var pending = Edu.OccupyAsync(rig, file);
        using var qemu = Process.GetProcessById(rig.Session.Machine.Qemu.Id);

        await rig.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => pending);
        Assert.True(qemu.WaitForExit(TimeSpan.FromSeconds(1)));
        await file.DisposeAsync(); // harmless
    }

    [Fact]
    public async Task ADeviceThatQemuLacksIsReportedInItsOwnWords()
    {
        var failure = await Assert.ThrowsAsync<MachineStartException>(
            () => HilRig.StartAsync(TestDrivers.Image("edu"), "no-such-device"));

        Assert.Contains("no-such-device", failure.Message, StringComparison.Ordinal);
    }

    private static unsafe (DeviceNode Node, LoadedDriver Filter) Stack(HilRig rig, MachineFilter filter)
    {
        PnpSystem pnp = rig.Kernel.Pnp;
        PciFunction edu = rig.Session.Machine.Pci.Functions.Single(function => function.VendorId == 0x1234);
        DeviceNode? node = null;
        LoadedDriver? driver = null;
        rig.Kernel.Scheduler.Run(() =>
        {
            driver = new DriverLoader(rig.Kernel).Load(filter, null);
            Assert.Equal(STATUS_SUCCESS, driver.Initialize());
            node = pnp.Enumerate(edu, InterruptPreference.Message);
            Assert.Equal(STATUS_SUCCESS, pnp.AddDrivers(node, rig.Session.Driver.Object, driver.Object));
            Assert.Equal(STATUS_SUCCESS, pnp.Start(node));
        });
        return (node!, driver!);
    }

    private static void RaiseForever(HilFile file, TaskCompletionSource busy)
    {
        Span<byte> output = stackalloc byte[4];
        while (file.DeviceIoControl(Edu.Raise, [1, 0, 0, 0], output).IsSuccess)
            busy.TrySetResult();
    }
}
