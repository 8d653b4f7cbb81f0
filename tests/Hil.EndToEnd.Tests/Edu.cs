using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Samples.Edu;
using Hil.Testing;
using Hil.Wdm;

namespace Hil.EndToEnd.Tests;

/// <summary>What edu_ioctl.h has, and how tests start and ask an edu driver.</summary>
internal static class Edu
{
    public const uint GetInfo = 0x222000;
    public const uint Factorial = 0x222004;
    public const uint Raise = 0x222008;
    public const uint SetTimeout = 0x22200c;

    /// <summary>What the driver uses of edu's buffer.</summary>
    public const int BufferBytes = 4095;

    /// <summary>Registers of the DMA engine, which can be read back.</summary>
    public const uint DmaSource = 0x80;

    public const uint DmaDestination = 0x88;

    /// <summary>More than any request takes on a machine that does other things as well.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static HilRigOptions Options(EduKind kind) => new()
    {
        Driver = kind == EduKind.Native ? TestDrivers.Image("edu") : null,
        ManagedDriver = kind == EduKind.Managed ? static () => new EduDriver() : null,
        Devices = ["edu"],
    };

    public static Task<HilRig> StartAsync(EduKind kind) => HilRig.StartAsync(Options(kind));

    /// <summary>Sends a control request with one ULONG in and one out.</summary>
    public static async Task<(NTSTATUS Status, uint Value)> AskAsync(
        this HilFile file, uint code, uint input, CancellationToken cancellation = default)
    {
        byte[] output = new byte[sizeof(uint)];
        IoResult result = await file.DeviceIoControlAsync(code, BitConverter.GetBytes(input), output, cancellation)
            .WaitAsync(Patience);
        return (result.Status, BitConverter.ToUInt32(output));
    }

    /// <summary>Physical address of the device's register file.</summary>
    public static ulong RegistersOf(HilRig rig) => rig.Session.Devices[0].Function!.Bars[0].Address;

    /// <summary>Reads a register past the driver.</summary>
    public static uint ReadRegister(HilRig rig, uint offset)
    {
        uint value = 0;
        rig.Kernel.Scheduler.Run(
            () => value = (uint)rig.Kernel.Bus.ReadMemory(RegistersOf(rig) + offset, sizeof(uint)));
        return value;
    }

    /// <summary>Sends a request that nothing but a cancellation or a timeout ends, and sees to it that the driver has
    /// it.</summary>
    public static Task<(NTSTATUS Status, uint Value)> OccupyAsync(
        HilRig rig, HilFile file, CancellationToken cancellation = default)
    {
        Task<(NTSTATUS, uint)> request = file.AskAsync(Raise, 0, cancellation);
        RequirePending(rig, WdmConstants.IRP_MJ_DEVICE_CONTROL);
        return request;
    }

    /// <summary>Requests start in the order in which they are asked for, so the driver has got the last one by
    /// now.</summary>
    public static void RequirePending(HilRig rig, params byte[] majorFunctions) =>
        Assert.Equal(majorFunctions, rig.Kernel.Io.PendingIrps().Select(irp => irp.MajorFunction));
}
