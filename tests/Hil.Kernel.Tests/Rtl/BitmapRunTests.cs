namespace Hil.Kernel.Tests.Rtl;

public sealed unsafe class BitmapRunTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData("1100011101", 10u, "2:3 8:1")]
    [InlineData("1100011101", 1u, "2:3")]
    [InlineData("0100011001", 2u, "0:1 2:3")]
    [InlineData("1111", 3u, "")]
    [InlineData("", 3u, "")]
    public void FirstRunsComeInOrder(string bits, uint room, string runs) =>
        _machine.Run(() => Assert.Equal(runs, Runs(bits, room, longest: false)));

    [Theory]
    [InlineData("0100011001", 10u, "2:3 7:2 0:1")]
    [InlineData("0100011001", 2u, "2:3 7:2")]
    [InlineData("0010011000", 2u, "7:3 0:2")]
    [InlineData("00100", 1u, "0:2")] // Of equal ones the first.
    [InlineData("00100", 0u, "")]
    public void LongestRunsComeFirst(string bits, uint room, string runs) =>
        _machine.Run(() => Assert.Equal(runs, Runs(bits, room, longest: true)));

    [Theory]
    [InlineData("1100011101", 0u, 2u, 3u)]
    [InlineData("1100011101", 3u, 3u, 2u)] // From the middle of a run.
    [InlineData("1100011101", 5u, 8u, 1u)]
    [InlineData("1100011101", 9u, 10u, 0u)]
    [InlineData("1100011101", 99u, 99u, 0u)]
    public void NextRunIsFound(string bits, uint from, uint start, uint length) => _machine.Run(() =>
    {
        uint* found = _machine.New<uint>();
        Assert.Equal(length, RtlFindNextForwardRunClear(Bitmap(bits), from, found));
        Assert.Equal(start, *found);
    });

    [Theory]
    [InlineData("1100011101", 9u, 8u, 1u)]
    [InlineData("1100011101", 7u, 2u, 3u)]
    [InlineData("1100011101", 3u, 2u, 2u)]
    [InlineData("1100011101", 99u, 8u, 1u)]
    [InlineData("1100011101", 1u, 0u, 0u)]
    public void RunBeforeIsFound(string bits, uint from, uint start, uint length) => _machine.Run(() =>
    {
        uint* found = _machine.New<uint>();
        Assert.Equal(length, RtlFindLastBackwardRunClear(Bitmap(bits), from, found));
        Assert.Equal(start, *found);
    });

    [Fact]
    public void FirstAndLongestRunAreTold() => _machine.Run(() =>
    {
        uint* found = _machine.New<uint>();
        Assert.Equal((1u, 1u), (RtlFindFirstRunClear(Bitmap("101001"), found), *found));
        Assert.Equal((2u, 3u), (RtlFindLongestRunClear(Bitmap("101001"), found), *found));
        Assert.Equal(0u, RtlFindLongestRunClear(Bitmap("11"), found));
    });

    [Theory]
    [InlineData(0ul, -1, -1, 0u)]
    [InlineData(1ul, 0, 0, 1u)]
    [InlineData(0x8000000000000010ul, 4, 63, 2u)]
    public void SignificantBitsAreNumbered(ulong set, int least, int most, uint count)
    {
        Assert.Equal((least, most), (RtlFindLeastSignificantBit(set), RtlFindMostSignificantBit(set)));
        Assert.Equal(count, RtlNumberOfSetBitsUlongPtr((nuint)set));
    }

    private string Runs(string bits, uint room, bool longest)
    {
        var runs = (RTL_BITMAP_RUN*)_machine.Kernel.Pool.Allocate(Math.Max(room, 1) * (nuint)sizeof(RTL_BITMAP_RUN), 0);
        uint found = RtlFindClearRuns(Bitmap(bits), runs, room, longest);
        var texts = new List<string>();
        for (uint i = 0; i < found; i++)
            texts.Add($"{runs[i].StartingIndex}:{runs[i].NumberOfBits}");
        return string.Join(' ', texts);
    }

    private RTL_BITMAP* Bitmap(string bits)
    {
        RTL_BITMAP* header = _machine.New<RTL_BITMAP>();
        RtlInitializeBitMap(header, (uint*)_machine.New<ulong>(), (uint)bits.Length);
        for (int i = 0; i < bits.Length; i++)
        {
            if (bits[i] == '1')
                RtlSetBit(header, (uint)i);
        }
        return header;
    }
}
