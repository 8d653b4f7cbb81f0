using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Hil.Machine.Qemu;

/// <summary>Listening sockets in a private directory, one per channel. QEMU connects; the directory goes as soon as it
/// has, so that nothing is left behind however the run ends.</summary>
internal sealed class QemuSockets : IDisposable
{
    // A socket's path has at most 107 bytes (sockaddr_un).
    private const int ParentCharsMax = 60;

    private readonly string _directory;
    private readonly Socket _qmp;
    private readonly Socket _qtest;
    private readonly Socket _doorbell;

    public QemuSockets()
    {
        _directory = CreateDirectory();
        _qmp = Listen(QmpPath);
        _qtest = Listen(QtestPath);
        _doorbell = Listen(DoorbellPath);
    }

    public string QmpPath => Path.Combine(_directory, "qmp");

    public string QtestPath => Path.Combine(_directory, "qtest");

    public string DoorbellPath => Path.Combine(_directory, "bell");

    /// <summary>Waits until QEMU has connected every channel.</summary>
    public async Task<(Socket Qmp, Socket Qtest, Socket Doorbell)> AcceptAsync(CancellationToken cancellation)
    {
        List<Socket> accepted = [];
        try
        {
            foreach (Socket listener in new[] { _qmp, _qtest, _doorbell })
                accepted.Add(await listener.AcceptAsync(cancellation).ConfigureAwait(false));
            return (accepted[0], accepted[1], accepted[2]);
        }
        catch
        {
            accepted.ForEach(socket => socket.Dispose());
            throw;
        }
    }

    public void Dispose()
    {
        _qmp.Dispose();
        _qtest.Dispose();
        _doorbell.Dispose();
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    private static string CreateDirectory()
    {
        if (!OperatingSystem.IsLinux())
            throw new MachineStartException("Hil runs on Linux only");
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        bool isUsable = runtime?.Length <= ParentCharsMax && Directory.Exists(runtime);
        if (isUsable && TryCreateIn(runtime!, out string path, out _))
            return path;
        return TryCreateIn("/tmp", out path, out string reason)
            ? path
            : throw new MachineStartException($"cannot create {path} for QEMU's sockets: {reason}");
    }

    [SupportedOSPlatform("linux")]
    private static bool TryCreateIn(string parent, out string path, out string reason)
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        path = Path.Combine(parent, $"hil-{Guid.NewGuid():N}");
        reason = "";
        try
        {
            Directory.CreateDirectory(path, OwnerOnly);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            reason = e.Message;
            return false;
        }
    }

    private static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen(1);
        return socket;
    }
}
