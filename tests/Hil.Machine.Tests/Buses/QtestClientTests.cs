using System.Collections.Concurrent;
using Hil.Kernel.Platform;
using Hil.Machine.Buses;

namespace Hil.Machine.Tests.Buses;

public sealed class QtestClientTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly QtestPeer _peer = new();

    public void Dispose() => _peer.Dispose();

    [Fact]
    public async Task ReadReturnsTheAnswersValue()
    {
        Task<ulong> read = Task.Run(() => _peer.Client.ReadMemory(0xFEB0_0010, 4));

        Assert.Equal("readl 0xfeb00010", _peer.TakeCommand());
        _peer.Send("OK 0x00000000deadbeef\n");

        Assert.Equal(0xDEAD_BEEFUL, await read.WaitAsync(s_patience));
    }

    [Fact]
    public async Task AnswerInPiecesIsPutTogether()
    {
        Task<uint> read = Task.Run(() => _peer.Client.ReadPort(0x70, 1));
        _peer.TakeCommand();

        foreach (char c in "OK 0x00ab\n")
            _peer.Send(c.ToString());

        Assert.Equal(0xABu, await read.WaitAsync(s_patience));
    }

    [Fact]
    public void FirstPostedWriteGoesOutAtOnce()
    {
        _peer.Client.PostMemory(0x1000, 8, ulong.MaxValue);

        Assert.Equal("writeq 0x1000 0xffffffffffffffff", _peer.TakeCommand());
    }

    [Fact]
    public void PostedWritesWaitForCompanyUntilAnAnswerComes()
    {
        for (uint i = 0; i < 5; i++)
            _peer.Client.PostMemory(0x1000, 4, i);
        Assert.Equal("writel 0x1000 0x0", _peer.TakeCommand());
        Assert.False(_peer.HasMore);

        _peer.Send("OK\n");

        for (uint i = 1; i < 5; i++)
            Assert.Equal($"writel 0x1000 0x{i}", _peer.TakeCommand());
    }

    [Fact]
    public async Task AtMost64CommandsAreUnanswered()
    {
        Task posting = Task.Run(() =>
        {
            for (uint i = 0; i < 1000; i++)
                _peer.Client.PostMemory(0x1000, 4, i);
        });
        for (int taken = 0; taken < 1000;)
        {
            int unanswered = 0;
            do
            {
                _peer.TakeCommand();
                unanswered++;
                taken++;
            }
            while (_peer.HasMore);
            Assert.InRange(unanswered, 1, QtestClient.OutstandingMax);
            _peer.Send(string.Concat(Enumerable.Repeat("OK\n", unanswered)));
        }
        await posting.WaitAsync(s_patience);
    }

    [Fact]
    public async Task ReadComesAfterPostedWrites()
    {
        _peer.Client.PostMemory(0x1000, 4, 1);
        _peer.Client.PostMemory(0x1000, 4, 2);
        Task<ulong> read = Task.Run(() => _peer.Client.ReadMemory(0x1000, 4));

        Assert.Equal("writel 0x1000 0x1", _peer.TakeCommand());
        Assert.Equal("writel 0x1000 0x2", _peer.TakeCommand());
        Assert.Equal("readl 0x1000", _peer.TakeCommand());
        _peer.Send("OK\nOK\nOK 0x2\n");
        Assert.Equal(2UL, await read.WaitAsync(s_patience));
    }

    [Fact]
    public void DoorbellDoesNotWaitForAnythingUnanswered()
    {
        Task.Run(FillUp);
        for (int i = 0; i < QtestClient.OutstandingMax; i++)
            _peer.TakeCommand();

        _peer.Client.RingDoorbell(0xD0);
        _peer.Client.RingNmi();

        Assert.Equal("writel 0xfee00000 0xd0", _peer.TakeCommand());
        Assert.Equal("writel 0xfee00000 0x400", _peer.TakeCommand());

        void FillUp()
        {
            try
            {
                for (int i = 0; i <= QtestClient.OutstandingMax; i++)
                    _peer.Client.PostMemory(0x1000, 4, 0);
            }
            catch (MachineLostException)
            {
                // The test is over.
            }
        }
    }

    [Fact]
    public async Task LinesBetweenAnswersAreReported()
    {
        var lines = new BlockingCollection<(int, bool)>();
        _peer.Client.LineChanged = (line, raised) => lines.Add((line, raised));
        Task<ulong> read = Task.Run(() => _peer.Client.ReadMemory(0, 4));
        _peer.TakeCommand();

        _peer.Send("IRQ raise 23\nIRQ lower 7\nOK 0x5\n");

        Assert.Equal(5UL, await read.WaitAsync(s_patience));
        Assert.Equal([(23, true), (7, false)], lines.ToArray());
    }

    [Fact]
    public async Task ReadsOfABufferArePipelined()
    {
        var buffer = new byte[12];
        Task read = Task.Run(() => _peer.Client.ReadMemory(0x2000, buffer, 4, step: 4));

        Assert.Equal("readl 0x2000", _peer.TakeCommand());
        Assert.Equal("readl 0x2004", _peer.TakeCommand());
        Assert.Equal("readl 0x2008", _peer.TakeCommand());
        _peer.Send("OK 0x03020100\nOK 0x07060504\nOK 0x0b0a0908\n");

        await read.WaitAsync(s_patience);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (byte)i), buffer);
    }

    [Fact]
    public async Task FlushWaitsForAllThatWasPosted()
    {
        _peer.Client.PostMemory(0, 4, 0);
        Task flush = Task.Run(_peer.Client.Flush);
        _peer.TakeCommand();
        _peer.TakeCommand();
        _peer.Send("OK\n");
        Assert.False(flush.IsCompleted);

        _peer.Send("OK little\n");

        await flush.WaitAsync(s_patience);
    }

    [Fact]
    public void FlushOfNothingSendsNothing()
    {
        _peer.Client.Flush();

        Assert.False(_peer.HasMore);
    }

    [Theory]
    [InlineData("FAIL Unknown command 'readl'\n")]
    [InlineData("\n")]
    [InlineData("OKAY?\nOK\nOK\n")]
    [InlineData("IRQ\n\0\n")]
    public async Task ProtocolViolationEndsTheConnectionForEveryWaiter(string answer)
    {
        Task<ulong> read = Task.Run(() => _peer.Client.ReadMemory(0, 4));
        _peer.TakeCommand();

        _peer.Send(answer);

        if (answer.StartsWith("OKAY", StringComparison.Ordinal))
            await read.WaitAsync(s_patience); // The answer passes, the two that nobody asked for do not.
        else
            await Assert.ThrowsAsync<MachineLostException>(() => read.WaitAsync(s_patience));
        Assert.Throws<MachineLostException>(() => ReadUntilLost(_peer.Client));
    }

    [Fact]
    public async Task EndlessLineEndsTheConnection()
    {
        Task<ulong> read = Task.Run(() => _peer.Client.ReadMemory(0, 4));
        _peer.TakeCommand();

        _peer.Send(new string('O', 100_000));

        var thrown = await Assert.ThrowsAsync<MachineLostException>(() => read.WaitAsync(s_patience));
        Assert.Contains("65536", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndOfConnectionFailsWaitersAndLaterCallers()
    {
        Task<ulong> read = Task.Run(() => _peer.Client.ReadMemory(0, 4));
        _peer.TakeCommand();

        _peer.Socket.Dispose();

        await Assert.ThrowsAsync<MachineLostException>(() => read.WaitAsync(s_patience));
        Assert.Throws<MachineLostException>(() => _peer.Client.PostMemory(0, 4, 0));
        Assert.Throws<MachineLostException>(_peer.Client.Flush);
    }

    [Fact]
    public void DisposeFailsLaterCallers()
    {
        _peer.Client.Dispose();

        Assert.Throws<MachineLostException>(() => ReadUntilLost(_peer.Client));
    }

    [Fact]
    public void RandomBytesNeverHangACaller()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            using var peer = new QtestPeer();
            var random = new Random(seed);
            var noise = new string(random.GetItems("OK 0x19afIRQraselow\n\n\n\0".AsSpan(), random.Next(400)));
            peer.Send(noise + "!\n");

            Assert.Throws<MachineLostException>(() => ReadUntilLost(peer.Client));
        }
    }

    private static void ReadUntilLost(QtestClient client)
    {
        while (true)
            client.ReadMemory(0, 4);
    }
}
