using Hil.Machine.Buses;
using Hil.Machine.Qemu;

namespace Hil.Machine.Tests;

/// <summary>A QEMU whose processor halts: its devices are reached over qtest alone.</summary>
internal sealed class QtestRig : IDisposable
{
    private readonly TestFirmware _firmware = new();

    private QtestRig(SharedMemory memory) => Memory = memory;

    public SharedMemory Memory { get; }

    public QemuProcess Qemu { get; private set; } = null!;

    public QtestBus Bus { get; private set; } = null!;

    public static async Task<QtestRig> StartAsync(params string[] devices) => await StartAsync(devices, []);

    public static async Task<QtestRig> StartAsync(string[] devices, string[] extraArguments)
    {
        var rig = new QtestRig(new SharedMemory(32 << 20));
        try
        {
            rig.Qemu = await QemuProcess.StartAsync(new QemuOptions
            {
                FirmwarePath = rig._firmware.Path,
                MemoryPath = rig.Memory.Path,
                MemoryBytes = (ulong)rig.Memory.Bytes.Length,
                Devices = [.. devices],
                ExtraArguments = [.. extraArguments],
            });
        }
        catch
        {
            rig.Dispose();
            throw;
        }
        rig.Bus = new QtestBus(rig.Qemu.Qtest);
        return rig;
    }

    public void Dispose()
    {
        Qemu?.Dispose();
        Memory.Dispose();
        _firmware.Dispose();
    }
}
