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
    public static void Begin()
    {
        // On one core it would only delay what waits for it.
        if (Environment.ProcessorCount > 1)
            new Thread(Load) { IsBackground = true }.Start();
    }

    private static void Load()
    {
        // In the last slot, which the machine itself comes to when all others are taken.
        new RamWindow(RamWindow.BytesMin, slots: (RamWindow.SlotCount - 1)..RamWindow.SlotCount).Dispose();
        (LocalSocket ours, SafeFileHandle other) = LocalSocket.Connect();
        ours.Dispose();
        other.Dispose();
        RuntimeHelpers.RunClassConstructor(typeof(ExportTable).TypeHandle);

        // The first hash loads OpenSSL, the first document the JSON reader's tables.
        _ = Convert.ToHexStringLower(SHA256.HashData([]));
        using var document = JsonDocument.Parse("""{"return": {}, "text": "a"}""");
        _ = document.RootElement.GetProperty("text").GetString();
    }
}
