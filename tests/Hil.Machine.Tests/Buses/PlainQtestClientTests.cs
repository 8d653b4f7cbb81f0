using System.Net.Sockets;
using System.Text;
using Hil.Machine.Buses;
using Hil.Machine.Qemu;

namespace Hil.Machine.Tests.Buses;

public sealed class PlainQtestClientTests
{
    [Fact]
    public async Task PlainClientReadsAndWritesGuestMemory()
    {
        using var firmware = new TestFirmware();
        using QemuProcess qemu = await QemuProcess.StartAsync(
            new QemuOptions { FirmwarePath = firmware.Path, PlainQtest = true });

        qemu.PlainQtest.WriteMemory32(0x10_0000, 0xCAFE_F00D);

        Assert.Equal(0xCAFE_F00DUL, qemu.PlainQtest.ReadMemory32(0x10_0000));
        Assert.Throws<InvalidOperationException>(() => qemu.Qtest);
    }

    [Fact]
    public void RefusedCommandIsNamed()
    {
        (LocalSocket ours, Socket peer) = LocalSockets.Connect();
        using var client = new PlainQtestClient(ours);
        peer.Send(Encoding.ASCII.GetBytes("FAIL no\n"));

        var thrown = Assert.Throws<QtestException>(() => client.ReadMemory32(16));

        Assert.Equal("qtest answered \"FAIL no\" to \"readl 0x10\"", thrown.Message);
        peer.Dispose();
    }

    [Fact]
    public void EndOfConnectionIsReported()
    {
        (LocalSocket ours, Socket peer) = LocalSockets.Connect();
        using var client = new PlainQtestClient(ours);
        peer.Shutdown(SocketShutdown.Send);

        Assert.Throws<QtestException>(() => client.ReadMemory32(16));
        peer.Dispose();
    }
}
