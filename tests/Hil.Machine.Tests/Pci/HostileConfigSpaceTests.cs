using System.Collections.Immutable;
using Hil.Kernel.Platform;
using Hil.Machine.Pci;

namespace Hil.Machine.Tests.Pci;

/// <summary>Devices control their configuration space; a broken or hostile one must not hang or crash the
/// enumeration.</summary>
public sealed class HostileConfigSpaceTests
{
    private const int Bar0 = 0x10;
    private const int HeaderType = 0x0E;

    private readonly FakePciBus _bus = new();

    [Fact]
    public void EmptyBusHasNoFunctions()
    {
        Assert.Empty(PciEnumerator.Enumerate(_bus).Functions);
    }

    [Fact]
    public void CapabilityLoopEndsAndKeepsWhatWasFound()
    {
        FakeFunction function = _bus.Add(0, 1).Set(0x06, 0x10, 2).Set(0x34, 0x40, 1);
        function.Set(0x40, 0x5001, 2).Set(0x50, 0x4005, 2);

        ImmutableArray<PciCapability> found = Single().Capabilities;

        Assert.Equal([new PciCapability(1, 0x40), new PciCapability(5, 0x50)], found);
    }

    [Fact]
    public void CapabilityPointerIntoTheHeaderIsTheEnd()
    {
        _bus.Add(0, 1).Set(0x06, 0x10, 2).Set(0x34, 0x10, 1);

        Assert.Empty(Single().Capabilities);
    }

    [Fact]
    public void ExtendedCapabilityLoopEnds()
    {
        _bus.Add(0, 1).Set(0x100, 0x2001_0001, 4).Set(0x200, 0x1001_0003, 4);

        ImmutableArray<PciExtendedCapability> found = PciCapabilityList.ReadExtended(_bus, new PciAddress(0, 1, 0));

        Assert.Equal([new PciExtendedCapability(1, 1, 0x100), new PciExtendedCapability(3, 1, 0x200)], found);
    }

    [Fact]
    public void BarThatKeepsNoBitIsAbsent()
    {
        _bus.Add(0, 1).Set(Bar0, 0xFFFF_FFF0, 4).Writable(Bar0, 0);
        _bus.Add(0, 2).Writable(Bar0, 0);

        Assert.Equal([1, 0], PciEnumerator.Enumerate(_bus).Functions.Select(f => f.Bars.Length));
    }

    [Fact]
    public void HoleInTheBarMaskMeansTheLowestBitIsTheSize()
    {
        _bus.Add(0, 1).Writable(Bar0, 0xF0F0_0000);

        Assert.Equal(0x10_0000UL, Single().Bars.Single().Bytes);
    }

    [Fact]
    public void LowerHalfOf64BitBarWithoutAnUpperOneIsAbsent()
    {
        _bus.Add(0, 1).Set(Bar0 + 20, 4, 4).Writable(Bar0 + 20, 0xFFFF_F000);

        Assert.Empty(Single().Bars);
    }

    [Fact]
    public void ReservedBarTypeIsAbsent()
    {
        _bus.Add(0, 1).Set(Bar0, 6, 4).Writable(Bar0, 0xFFFF_F000);

        Assert.Empty(Single().Bars);
    }

    [Fact]
    public void BarLargerThanItsSpaceIsNotPlacedAndOthersAre()
    {
        _bus.Add(0, 1).Writable(Bar0, 0x8000_0000).Writable(Bar0 + 4, 0xFFFF_F000).Writable(0x04, 7);

        ImmutableArray<PciBar> bars = Single().Bars;

        Assert.Equal((0UL, 0x8000_0000UL), (bars[0].Address, bars[0].Bytes));
        Assert.NotEqual(0UL, bars[1].Address);
    }

    [Fact]
    public void FunctionWithoutAPlacedBarDecodesNothing()
    {
        FakeFunction function = _bus.Add(0, 1).Writable(Bar0, 0x8000_0000).Set(0x04, 7, 2).Writable(0x04, 7);

        PciEnumerator.Enumerate(_bus);

        Assert.Equal(0u, function.Get(0x04, 2) & 3);
    }

    [Fact]
    public void BarsBeyondTheSpaceAreLeftOut()
    {
        // Each takes 256 MiB; the low range has room for three.
        for (byte device = 0; device < 6; device++)
            _bus.Add(0, device).Writable(Bar0, 0xF000_0000);

        Assert.Equal(3, PciEnumerator.Enumerate(_bus).Functions.Count(f => f.Bars[0].Address != 0));
    }

    [Fact]
    public void UnknownHeaderLayoutHasNoBars()
    {
        _bus.Add(0, 1).Set(HeaderType, 2, 1).Writable(Bar0, 0xFFFF_F000);

        Assert.Empty(Single().Bars);
    }

    [Fact]
    public void InvalidInterruptPinIsNone()
    {
        _bus.Add(0, 1).Set(0x3D, 5, 1);

        Assert.Equal(0, Single().InterruptPin);
    }

    [Fact]
    public void BridgesWithoutEndStopAtTheLastBus()
    {
        // Every address answers as a bridge: the hierarchy would be infinite.
        _bus.Everywhere = new FakeFunction().Set(0, 0x1234_5678, 4).Set(HeaderType, 1, 1);

        PciTopology topology = PciEnumerator.Enumerate(_bus);

        Assert.Equal(255, topology.Bridges.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomConfigurationSpacesAreEnumeratedInBoundedTime(int round)
    {
        const int Seeds = 200;
        for (int seed = round * Seeds; seed < (round + 1) * Seeds; seed++)
        {
            var random = new Random(seed);
            var bus = new FakePciBus();
            for (int i = random.Next(1, 12); i > 0; i--)
                AddRandom(bus, random);

            PciTopology topology = PciEnumerator.Enumerate(bus);

            Assert.True(bus.Accesses < 1_000_000, $"seed {seed}: {bus.Accesses} accesses");
            AssertPlacement(topology, seed);
        }
    }

    private static void AddRandom(FakePciBus bus, Random random)
    {
        try
        {
            bus.Add((byte)random.Next(3), (byte)random.Next(32), (byte)random.Next(8)).Fill(random);
        }
        catch (ArgumentException)
        {
            // That place is taken.
        }
    }

    private static void AssertPlacement(PciTopology topology, int seed)
    {
        ulong next = 0;
        IEnumerable<PciBar> placed = topology.Functions.SelectMany(f => f.Bars)
            .Where(bar => bar.Address != 0 && bar.Kind != PciBarKind.Io);
        foreach (PciBar bar in placed.OrderBy(bar => bar.Address))
        {
            Assert.True(bar.Address >= next && bar.Address % bar.Bytes == 0, $"seed {seed}: {bar}");
            next = bar.Address + bar.Bytes;
        }
    }

    private PciFunction Single() => Assert.Single(PciEnumerator.Enumerate(_bus).Functions);
}
