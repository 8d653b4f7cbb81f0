using System.Runtime.InteropServices;

namespace Hil.Machine.Tests.Memory;

public sealed unsafe class PageMergeTests : IDisposable
{
    private const int PageBytes = PageMerge.PageBytes;

    private readonly byte* _pages = (byte*)NativeMemory.AlignedAlloc(3 * PageBytes, PageBytes);
    private readonly DmaLog _log = new();

    public PageMergeTests() => new Span<byte>(_pages, 3 * PageBytes).Clear();

    private byte* Device => _pages;

    private byte* Driver => _pages + PageBytes;

    private byte* Common => _pages + 2 * PageBytes;

    public void Dispose() => NativeMemory.AlignedFree(_pages);

    [Fact]
    public void DevicesBytesReachTheDriverAndAreReported()
    {
        Device[100] = 7;

        Merge();

        Assert.Equal(7, Driver[100]);
        Assert.Equal([At(100, 7)], _log.Writes);
    }

    [Fact]
    public void DriversBytesReachTheDeviceAndAreNotReported()
    {
        Driver[4095] = 9;

        Merge();

        Assert.Equal(9, Device[4095]);
        Assert.Empty(_log.Writes);
    }

    [Fact]
    public void BothMayWriteOneWord()
    {
        Device[9] = 1;
        Driver[8] = 2;
        Driver[10] = 3;

        Merge();

        Assert.Equal([2, 1, 3], new Span<byte>(Device + 8, 3).ToArray());
        Assert.Equal([2, 1, 3], new Span<byte>(Driver + 8, 3).ToArray());
        Assert.Equal([At(9, 1)], _log.Writes);
    }

    [Fact]
    public void DeviceWinsAByteThatBothWrote()
    {
        Device[50] = 1;
        Driver[50] = 2;

        Merge();

        Assert.Equal((1, 1), (Device[50], Driver[50]));
        Assert.Equal([At(50, 1)], _log.Writes);
    }

    [Fact]
    public void WhatBothWroteAlikeIsReported()
    {
        Device[51] = Driver[51] = 5;

        Merge();

        Assert.Equal([At(51, 5)], _log.Writes);
    }

    [Fact]
    public void NearbyBytesAreOneWriteAndDistantOnesAreNot()
    {
        Device[0] = 1;
        Device[16] = 2;
        Device[40] = 3;

        Merge();

        Assert.Equal([At(0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2), At(40, 3)], _log.Writes);
    }

    [Fact]
    public void NothingIsReportedTwice()
    {
        Device[3] = 3;

        Merge();
        Merge();

        Assert.Single(_log.Writes);
    }

    /// <summary>Rounds of random writes by both sides against a model that looks at single bytes; replayed, the
    /// reported writes give what the driver saw.</summary>
    [Fact]
    public void RandomWritesOfBothSidesMergeAsTheModelDoes()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            new Span<byte>(_pages, 3 * PageBytes).Clear();
            var random = new Random(seed);
            byte[] replayed = new byte[PageBytes];
            for (int round = 0; round < 8; round++)
            {
                Scribble(random, new Span<byte>(Device, PageBytes));
                Span<byte> before = new Span<byte>(Driver, PageBytes).ToArray();
                Scribble(random, new Span<byte>(Driver, PageBytes));
                RewriteChanges(before, new Span<byte>(Driver, PageBytes), replayed);
                byte[] expected = Model();
                _log.Writes.Clear();

                Merge();

                foreach ((ulong address, string bytes) in _log.Writes)
                    Convert.FromHexString(bytes).CopyTo(replayed, (int)(address - (ulong)Driver));
                Assert.True(new Span<byte>(Driver, PageBytes).SequenceEqual(expected), $"seed {seed}, round {round}");
                Assert.True(new Span<byte>(Device, PageBytes).SequenceEqual(expected), $"seed {seed}, round {round}");
                Assert.True(replayed.AsSpan().SequenceEqual(expected), $"seed {seed}, round {round}: the record");
            }
        }
    }

    [Fact]
    public void NoWriteOfADeviceThatGoesOnWritingIsLost()
    {
        const int Words = PageBytes / sizeof(int);
        const int Rounds = 20_000;
        ulong device = (ulong)Device;
        // The device counts in the even words, the driver in the odd ones.
        var writer = new Thread(() => CountInDevice(device, Words, Rounds));
        writer.Start();
        int driverRound = 0;
        while (writer.IsAlive)
        {
            driverRound++;
            for (int word = 1; word < Words; word += 32)
                ((int*)Driver)[word] = driverRound;
            Merge();
            _log.Writes.Clear();
        }
        Merge();

        for (int word = 0; word < Words; word += 32)
            Assert.Equal((Rounds, driverRound), (((int*)Driver)[word], ((int*)Device)[word + 1]));
    }

    [Fact]
    public void WhatAnotherThreadWritesNextToADevicesBytesIsNotLost()
    {
        const int Rounds = 1_000_000;
        ulong driver = (ulong)Driver;
        var writer = new Thread(() =>
        {
            // What is lost once is missing for good.
            for (int round = 1; round <= Rounds; round++)
                Volatile.Write(ref *(int*)driver, Volatile.Read(ref *(int*)driver) + 1);
        });
        writer.Start();
        int deviceRound = 0;
        while (writer.IsAlive)
        {
            ((int*)Device)[1] = ++deviceRound;
            Merge();
            Assert.Equal(deviceRound, ((int*)Driver)[1]);
        }
        Merge();

        Assert.Equal((Rounds, Rounds), (((int*)Driver)[0], ((int*)Device)[0]));
    }

    private static void CountInDevice(ulong device, int words, int rounds)
    {
        for (int round = 1; round <= rounds; round++)
        {
            for (int word = 0; word < words; word += 32)
                Volatile.Write(ref ((int*)device)[word], round);
        }
    }

    private static void Scribble(Random random, Span<byte> page)
    {
        for (int writes = random.Next(20); writes > 0; writes--)
        {
            int start = random.Next(PageBytes);
            random.NextBytes(page.Slice(start, random.Next(Math.Min(40, PageBytes - start) + 1)));
        }
    }

    // The replayed driver writes what the driver wrote, and nothing else.
    private static void RewriteChanges(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, Span<byte> target)
    {
        for (int i = 0; i < PageBytes; i++)
        {
            if (before[i] != after[i])
                target[i] = after[i];
        }
    }

    private byte[] Model()
    {
        byte[] merged = new byte[PageBytes];
        for (int i = 0; i < PageBytes; i++)
            merged[i] = Device[i] != Common[i] ? Device[i] : Driver[i];
        return merged;
    }

    private (ulong Address, string Bytes) At(int offset, params byte[] bytes) =>
        ((ulong)Driver + (ulong)offset, Convert.ToHexString(bytes));

    private void Merge()
    {
        var runs = new DmaRuns(_log);
        PageMerge.Merge(Device, Driver, Common, (ulong)Driver, runs);
        runs.PassOn();
    }
}
