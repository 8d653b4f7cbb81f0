using System.Net.Sockets;
using System.Text;
using Hil.Machine.Buses;
using Hil.Machine.Qemu;

namespace Hil.Machine.Tests.Buses;

/// <summary>The other end of a qtest connection, played by a test: it answers when and what the test says.</summary>
internal sealed class QtestPeer : IDisposable
{
    private readonly StringBuilder _received = new();

    public QtestPeer()
    {
        (LocalSocket ours, Socket) = LocalSockets.Connect();
        Client = new QtestClient(ours);
    }

    public Socket Socket { get; }

    public QtestClient Client { get; }

    public void Send(string text) => Socket.Send(Encoding.ASCII.GetBytes(text));

    /// <summary>Blocks for the next command.</summary>
    public string TakeCommand()
    {
        while (true)
        {
            int end = _received.ToString().IndexOf('\n', StringComparison.Ordinal);
            if (end >= 0)
            {
                string line = _received.ToString(0, end);
                _received.Remove(0, end + 1);
                return line;
            }
            var buffer = new byte[4096];
            int count = Socket.Receive(buffer);
            Assert.NotEqual(0, count);
            _received.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
    }

    /// <summary>True when bytes are there that no command was taken from.</summary>
    public bool HasMore => _received.Length != 0 || Socket.Available != 0;

    public void Dispose()
    {
        Client.Dispose();
        Socket.Dispose();
    }
}
