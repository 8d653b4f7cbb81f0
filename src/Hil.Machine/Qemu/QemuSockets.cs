using Microsoft.Win32.SafeHandles;

namespace Hil.Machine.Qemu;

/// <summary>A pair of connected sockets for each channel. QEMU inherits its ends: there is no name that anybody else
/// could connect to, nothing to wait for, and nothing to be left behind however the run ends.</summary>
internal sealed class QemuSockets : IDisposable
{
    public QemuSockets()
    {
        (Qmp, QemuQmp) = LocalSocket.Connect();
        (Qtest, QemuQtest) = LocalSocket.Connect();
        (Doorbell, QemuDoorbell) = LocalSocket.Connect();
    }

    /// <summary>Our ends belong to whoever takes them.</summary>
    public LocalSocket Qmp { get; }

    public LocalSocket Qtest { get; }

    public LocalSocket Doorbell { get; }

    public SafeFileHandle QemuQmp { get; }

    public SafeFileHandle QemuQtest { get; }

    public SafeFileHandle QemuDoorbell { get; }

    /// <summary>Closes QEMU's ends on our side: once QEMU has ended too, ours read the end of the connection.</summary>
    public void Dispose()
    {
        QemuQmp.Dispose();
        QemuQtest.Dispose();
        QemuDoorbell.Dispose();
    }
}
