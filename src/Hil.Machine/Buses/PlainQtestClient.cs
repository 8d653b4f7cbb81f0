using System.Globalization;
using System.Text;
using Hil.Machine.Qemu;

namespace Hil.Machine.Buses;

/// <summary>The obvious qtest client: one blocking send and one blocking receive for each access. What
/// <c>hil bench</c> compares the buses with.</summary>
public sealed class PlainQtestClient(LocalSocket socket) : IDisposable
{
    private readonly byte[] _answer = new byte[256];

    public ulong ReadMemory32(ulong address)
    {
        string answer = Transact($"readl 0x{address:x}\n");
        return ulong.Parse(answer.AsSpan("OK 0x".Length), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    public void WriteMemory32(ulong address, uint value) => Transact($"writel 0x{address:x} 0x{value:x}\n");

    public void WritePort32(ushort port, uint value) => Transact($"outl 0x{port:x} 0x{value:x}\n");

    public void Dispose() => socket.Dispose();

    private string Transact(string command)
    {
        socket.Send(Encoding.ASCII.GetBytes(command));
        int length = 0;
        do
        {
            int received = socket.Receive(_answer.AsSpan(length));
            if (received == 0)
                throw new QtestException("the qtest connection ended");
            length += received;
        }
        while (_answer[length - 1] != '\n');

        string answer = Encoding.ASCII.GetString(_answer, 0, length - 1);
        return answer.StartsWith("OK", StringComparison.Ordinal)
            ? answer
            : throw new QtestException($"qtest answered \"{answer}\" to \"{command.TrimEnd()}\"");
    }
}
