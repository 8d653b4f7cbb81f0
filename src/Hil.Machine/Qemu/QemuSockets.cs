using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Hil.Machine.Qemu;

/// <summary>A pair of connected sockets for each channel. QEMU inherits its ends: there is no name that anybody else could
/// connect to, nothing to wait for, and nothing to be left behind however the run ends.</summary>
internal sealed unsafe partial class QemuSockets : IDisposable
{
    private const int UnixFamily = 1;
    private const int StreamCloseOnExec = 0x80001;

    public QemuSockets()
    {
        (Qmp, QemuQmp) = Connect();
        (Qtest, QemuQtest) = Connect();
        (Doorbell, QemuDoorbell) = Connect();
    }

    /// <summary>Our ends belong to whoever takes them.</summary>
    public Socket Qmp { get; }

    public Socket Qtest { get; }

    public Socket Doorbell { get; }

    public SafeSocketHandle QemuQmp { get; }

    public SafeSocketHandle QemuQtest { get; }

    public SafeSocketHandle QemuDoorbell { get; }

    /// <summary>Closes QEMU's ends on our side: once QEMU has ended too, ours read the end of the connection.</summary>
    public void Dispose()
    {
        QemuQmp.Dispose();
        QemuQtest.Dispose();
        QemuDoorbell.Dispose();
    }

    private static (Socket Ours, SafeSocketHandle Qemus) Connect()
    {
        int* ends = stackalloc int[2];
        if (CreatePair(UnixFamily, StreamCloseOnExec, 0, ends) != 0)
            throw new MachineStartException(
                $"cannot create sockets for QEMU: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        return (new Socket(new SafeSocketHandle(ends[0], ownsHandle: true)),
            new SafeSocketHandle(ends[1], ownsHandle: true));
    }

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int CreatePair(int family, int type, int protocol, int* ends);
}
