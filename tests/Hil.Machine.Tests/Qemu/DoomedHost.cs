using System.Diagnostics;
using System.Globalization;
using Hil.Machine.Qemu;

namespace Hil.Machine.Tests.Qemu;

/// <summary>A second process of this test program that starts a QEMU, says so, and waits to be killed.</summary>
internal sealed class DoomedHost : IDisposable
{
    public const string Argument = "--doomed-host";

    private readonly Process _process;

    private DoomedHost(Process process, int qemuId)
    {
        _process = process;
        QemuId = qemuId;
    }

    public int QemuId { get; }

    public static async Task<DoomedHost> StartAsync(string runtimeDirectory)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        start.ArgumentList.Add(Argument);
        start.Environment["XDG_RUNTIME_DIR"] = runtimeDirectory;
        Process process = Process.Start(start)!;
        string? line = await process.StandardOutput.ReadLineAsync();
        return new DoomedHost(process, int.Parse(line!, CultureInfo.InvariantCulture));
    }

    public static async Task<int> RunAsync(string[] args)
    {
        _ = args;
        using TestFirmware firmware = new();
        using QemuProcess qemu = await QemuProcess.StartAsync(new QemuOptions { FirmwarePath = firmware.Path });
        firmware.Dispose(); // QEMU has read it; a killed process leaves nothing behind.
        Console.WriteLine(qemu.Id);
        await Task.Delay(Timeout.Infinite);
        return 0;
    }

    /// <summary>SIGKILL: nothing in the process gets a chance to clean up.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
