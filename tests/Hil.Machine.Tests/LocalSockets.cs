using System.Net.Sockets;

namespace Hil.Machine.Tests;

/// <summary>Two connected sockets, one for the code under test and one for the test that plays its peer.</summary>
internal static class LocalSockets
{
    public static (Socket Ours, Socket Theirs) Connect()
    {
        string folder = Directory.CreateTempSubdirectory("hil-socket-").FullName;
        var endPoint = new UnixDomainSocketEndPoint(Path.Combine(folder, "socket"));
        using Socket listener = Create();
        listener.Bind(endPoint);
        listener.Listen();
        Socket ours = Create();
        ours.Connect(endPoint);
        Socket theirs = listener.Accept();
        theirs.ReceiveTimeout = 20_000;
        Directory.Delete(folder, recursive: true);
        return (ours, theirs);
    }

    private static Socket Create() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
