using System.Net.Sockets;
using Hil.Machine.Qemu;
using Microsoft.Win32.SafeHandles;

namespace Hil.Machine.Tests;

/// <summary>Two connected sockets, one for the code under test and one for the test that plays its peer.</summary>
internal static class LocalSockets
{
    public static (LocalSocket Ours, Socket Theirs) Connect()
    {
        (LocalSocket ours, SafeFileHandle other) = LocalSocket.Connect();
        var theirs = new Socket(new SafeSocketHandle(other.DangerousGetHandle(), ownsHandle: true))
        {
            ReceiveTimeout = 20_000,
        };
        other.SetHandleAsInvalid();
        return (ours, theirs);
    }
}
