using Hil.Kernel.Platform;
using Hil.Machine.Pci;

namespace Hil.Machine.Tests.Pci;

/// <summary>Enumeration of real QEMU devices, with QEMU's own account of the bus as the oracle.</summary>
public sealed class PciEnumeratorTests
{
    public static TheoryData<string, string> DeviceSets => new()
    {
        { "edu", "edu" },
        { "two functions in one slot", "edu,addr=4.0,multifunction=on edu,addr=4.3" },
        { "plain devices", "e1000 rtl8139 pci-serial virtio-rng-pci ich9-ahci nvme,serial=1 edu,addr=0x1b" },
        { "root port", "pcie-root-port,id=rp,chassis=1 nvme,serial=1,bus=rp edu" },
        {
            "conventional bridge",
            "pci-bridge,id=br,chassis_nr=1 edu,bus=br,addr=3 pci-serial,bus=br,addr=4 e1000,bus=br,addr=5"
        },
        {
            "bridges behind bridges",
            "pcie-root-port,id=rp,chassis=1,slot=1 x3130-upstream,id=up,bus=rp " +
            "xio3130-downstream,id=d1,bus=up,chassis=2,slot=2 xio3130-downstream,id=d2,bus=up,chassis=3,slot=3 " +
            "virtio-rng-pci,bus=d1 e1000e,bus=d2 pcie-root-port,id=rp2,chassis=4,slot=4 " +
            "pcie-pci-bridge,id=pb,bus=rp2 edu,bus=pb,addr=7 rtl8139,bus=pb,addr=9"
        },
        {
            "bridge behind the DMI bridge",
            "i82801b11-bridge,id=dmi,addr=0x1e pci-bridge,id=b2,bus=dmi,chassis_nr=2,addr=1 edu,bus=b2,addr=2"
        },
    };

    [Theory]
    [MemberData(nameof(DeviceSets))]
    public async Task EnumerationAgreesWithQemu(string name, string devices)
    {
        _ = name;
        using QtestRig rig = await QtestRig.StartAsync(devices.Split(' '));

        PciTopology topology = PciEnumerator.Enumerate(rig.Bus);

        Assert.Equal(QueryPci.Describe(await rig.Qemu.Qmp.ExecuteAsync("query-pci")), QueryPci.Describe(topology));
    }

    [Theory]
    [MemberData(nameof(DeviceSets))]
    public async Task BarsAreAlignedAndDoNotOverlap(string name, string devices)
    {
        _ = name;
        using QtestRig rig = await QtestRig.StartAsync(devices.Split(' '));

        List<PciBar> bars = [.. PciEnumerator.Enumerate(rig.Bus).Functions.SelectMany(function => function.Bars)];

        Assert.NotEmpty(bars);
        Assert.All(bars, bar => Assert.True(bar.Address != 0 && bar.Address % bar.Bytes == 0));
        AssertDisjoint(bars.Where(bar => bar.Kind == PciBarKind.Io));
        AssertDisjoint(bars.Where(bar => bar.Kind != PciBarKind.Io));
    }

    [Fact]
    public async Task EduAnswersAtItsBar()
    {
        using QtestRig rig = await QtestRig.StartAsync("edu");

        PciFunction edu = PciEnumerator.Enumerate(rig.Bus).Functions.Single(function => function.DeviceId == 0x11E8);

        Assert.Equal(0x0100_00EDUL, rig.Bus.ReadMemory(edu.Bars[0].Address, 4));
    }

    [Fact]
    public async Task EnumerationTwiceGivesTheSame()
    {
        using QtestRig rig = await QtestRig.StartAsync("pcie-root-port,id=rp,chassis=1", "nvme,serial=1,bus=rp", "edu");

        string first = QueryPci.Describe(PciEnumerator.Enumerate(rig.Bus));

        Assert.Equal(first, QueryPci.Describe(PciEnumerator.Enumerate(rig.Bus)));
    }

    [Fact]
    public async Task DeviceBehindAPortIsReachable()
    {
        using QtestRig rig = await QtestRig.StartAsync("pcie-root-port,id=rp,chassis=1", "edu,bus=rp");

        PciFunction edu = PciEnumerator.Enumerate(rig.Bus).Functions.Single(function => function.DeviceId == 0x11E8);
        rig.Bus.WriteMemory(edu.Bars[0].Address + 4, 4, 0x1234_5678);

        Assert.Equal(1, edu.Address.Bus);
        Assert.Equal(~0x1234_5678u, (uint)rig.Bus.ReadMemory(edu.Bars[0].Address + 4, 4));
    }

    [Fact]
    public async Task LargePrefetchableMemoryIsPlacedAboveFourGigabytes()
    {
        using QtestRig rig = await QtestRig.StartAsync(
            ["ivshmem-plain,memdev=shared"], ["-object", "memory-backend-ram,id=shared,size=1G"]);

        PciFunction memory = PciEnumerator.Enumerate(rig.Bus).Functions.Single(function => function.DeviceId == 0x1110);
        PciBar bar = memory.Bars.Single(b => b.Index == 2);
        rig.Bus.WriteMemory(bar.Address + bar.Bytes - 8, 8, 0x0123_4567_89AB_CDEF);

        Assert.True(bar is { Kind: PciBarKind.Memory64, Prefetchable: true, Bytes: 1 << 30, Address: > uint.MaxValue });
        Assert.Equal(0x0123_4567_89AB_CDEFUL, rig.Bus.ReadMemory(bar.Address + bar.Bytes - 8, 8));
    }

    [Fact]
    public async Task ExpansionRomIsMeasured()
    {
        using QtestRig rig = await QtestRig.StartAsync("e1000");

        PciTopology topology = PciEnumerator.Enumerate(rig.Bus);

        Assert.Equal(0x4_0000UL, Assert.Single(topology.ExpansionRoms).Value);
    }

    [Theory]
    [InlineData("edu,addr=3", 23u)]
    [InlineData("edu,addr=4", 20u)]
    [InlineData("edu,addr=0x18", 20u)]
    [InlineData("edu,addr=0x19", 16u)]
    [InlineData("edu,addr=0x1b", 16u)]
    [InlineData("edu,addr=0x1e", 20u)]
    [InlineData("pci-bridge,id=b,chassis_nr=1,addr=5 edu,bus=b,addr=6", 23u)]
    [InlineData("i82801b11-bridge,id=b,addr=0x1e edu,bus=b,addr=3", 23u)]
    [InlineData("pcie-root-port,id=rp,chassis=1,addr=0x1c edu,bus=rp", 16u)]
    public async Task RaisedPinArrivesAtThePredictedLine(string devices, uint expected)
    {
        using QtestRig rig = await QtestRig.StartAsync(devices.Split(' '));
        PciFunction edu = PciEnumerator.Enumerate(rig.Bus).Functions.Single(function => function.DeviceId == 0x11E8);
        var lines = new List<int>();
        rig.Qemu.Qtest.LineChanged = (line, raised) => AddIfPci(lines, line, raised);
        rig.Qemu.Qtest.InterceptInterrupts("ioapic");

        rig.Bus.WriteMemory(edu.Bars[0].Address + 0x60, 4, 1); // Interrupt raise register
        rig.Bus.WriteMemory(edu.Bars[0].Address + 0x64, 4, 1); // Interrupt acknowledge register

        Assert.Equal(expected, edu.InterruptLine);
        Assert.Equal([(int)expected, -(int)expected], lines);
    }

    // The timer of the PC keeps ticking on one of the lines below.
    private static void AddIfPci(List<int> lines, int line, bool raised)
    {
        const int FirstPciLine = 16;
        if (line >= FirstPciLine)
            lines.Add(raised ? line : -line);
    }

    private static void AssertDisjoint(IEnumerable<PciBar> bars)
    {
        ulong next = 0;
        foreach (PciBar bar in bars.OrderBy(bar => bar.Address))
        {
            Assert.True(bar.Address >= next);
            next = bar.Address + bar.Bytes;
        }
    }
}
