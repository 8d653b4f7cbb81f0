using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Hil.Machine.Qemu;
using Microsoft.Win32.SafeHandles;

namespace Hil.Machine;

/// <summary>Loads what every machine needs, on a core that has nothing to do yet while the command line is read.
/// Starting is most of a short run.</summary>
public static class Ahead
{
    /// <summary>Returns at once.</summary>
    /// <param name="more">Loads what is needed besides a machine; null for nothing.</param>
    public static void Begin(Action? more = null)
    {
        // On one core it would only delay what waits for it.
        if (Environment.ProcessorCount > 1)
            new Thread(() => LoadForStart(more)) { IsBackground = true }.Start();
    }

    /// <summary>The same for what is needed once QEMU is up; it boots meanwhile.</summary>
    internal static void GoOn()
    {
        if (Environment.ProcessorCount > 1)
            new Thread(LoadForControl) { IsBackground = true }.Start();
    }

    // The first hash loads OpenSSL, the first document the JSON reader's tables.
    private static void LoadForControl()
    {
        SHA256.HashData([]);
        using var document = JsonDocument.Parse("""{"return": {}, "text": "a"}""");
        _ = document.RootElement.GetProperty("text").GetString();
    }

    private static void LoadForStart(Action? more)
    {
        // In the last slot, which the machine itself comes to when all others are taken.
        new RamWindow(RamWindow.BytesMin, slots: (RamWindow.SlotCount - 1)..RamWindow.SlotCount).Dispose();
        (LocalSocket ours, SafeFileHandle other) = LocalSocket.Connect();
        ours.Dispose();
        other.Dispose();
        RuntimeHelpers.RunClassConstructor(typeof(ExportTable).TypeHandle);
        more?.Invoke();
    }
}
