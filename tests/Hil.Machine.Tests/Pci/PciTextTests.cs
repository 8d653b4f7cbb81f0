using Hil.Machine.Pci;

namespace Hil.Machine.Tests.Pci;

public sealed class PciTextTests
{
    [Fact]
    public async Task SummaryIsOneLineForEachFunction()
    {
        string[] lines = (await Describe(verbose: false, "edu")).Split('\n');

        Assert.Equal(
            [
                "00:00.0 Host bridge [0600]: Intel 82G33 host bridge (Q35) [8086:29c0]",
                "00:01.0 Unclassified device [00ff]: QEMU edu, the educational device [1234:11e8] (rev 10)",
                "00:1f.0 ISA bridge [0601]: Intel ICH9 LPC bridge [8086:2918] (rev 02)",
            ],
            lines);
    }

    [Fact]
    public async Task VerboseShowsResourcesAndMessages()
    {
        string text = await Describe(verbose: true, "edu");

        AssertLine("Subsystem: [1af4:1100]", text);
        AssertLine("Flags: memory, INTA on line 21", text);
        AssertLine("Region 0: Memory at c0000000 (32-bit, non-prefetchable) [size=1M]", text);
        AssertLine("Capabilities: [40] MSI: Enable- Count=1/1 Maskable- 64bit+ Address: 0 Data: 0000", text);
    }

    [Fact]
    public async Task BridgeShowsWhatItForwards()
    {
        string text = await Describe(verbose: true, "pcie-root-port,id=rp,chassis=1", "e1000e,bus=rp");

        AssertLine("Bus: primary=00, secondary=01, subordinate=01", text);
        AssertLine("I/O behind bridge: 6000-6fff [size=4K]", text);
        AssertLine("Prefetchable memory behind bridge: [disabled]", text);
        Assert.Contains("] Express (v2) Root Port (Slot+), MaxPayload", text, StringComparison.Ordinal);
        Assert.Contains("] MSI-X: Enable- Count=5 Masked- Vector table: BAR=3", text, StringComparison.Ordinal);
        AssertLine("Capabilities: [100 v2] Advanced Error Reporting", text);
        Assert.Contains("Power Management version", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VirtioStructuresAreNamed()
    {
        string text = await Describe(verbose: true, "virtio-rng-pci");

        Assert.Contains("] VirtIO: CommonCfg BAR=4 offset=00000000 size=00001000\n", text, StringComparison.Ordinal);
        Assert.Contains("] VirtIO: Notify BAR=4", text, StringComparison.Ordinal);
        Assert.Contains("(64-bit, prefetchable)", text, StringComparison.Ordinal);
        Assert.Contains("I/O ports at", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0UL, "0")]
    [InlineData(256UL, "256")]
    [InlineData(4096UL, "4K")]
    [InlineData(1536UL, "1536")]
    [InlineData(1UL << 20, "1M")]
    [InlineData(3UL << 30, "3G")]
    public void SizesTakeTheLargestUnitThatDividesThem(ulong bytes, string expected) =>
        Assert.Equal(expected, PciText.FormatSize(bytes));

    [Fact]
    public void UnknownNumbersAreShownAsNumbers()
    {
        Assert.Equal("Vendor abcd Device 0001", PciNames.OfDevice(0xABCD, 1));
        Assert.Equal("Class", PciNames.OfClass(0x7E_00_00));
        Assert.Equal("Capability 0077", PciNames.OfCapability(0x77));
    }

    [Fact]
    public void RandomConfigurationSpacesAreDescribedWithoutComplaint()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var bus = new FakePciBus();
            bus.Add(0, 1).Fill(random);

            using var writer = new StringWriter();
            PciText.Write(writer, bus, PciEnumerator.Enumerate(bus), verbose: true);

            Assert.InRange(writer.GetStringBuilder().Length, 1, 200_000);
        }
    }

    private static void AssertLine(string expected, string text) => Assert.Contains("\t" + expected, text.Split('\n'));

    private static async Task<string> Describe(bool verbose, params string[] devices)
    {
        using QtestRig rig = await QtestRig.StartAsync(devices);
        using var writer = new StringWriter();
        PciText.Write(writer, rig.Bus, PciEnumerator.Enumerate(rig.Bus), verbose);
        string text = writer.ToString().TrimEnd('\n');
        TestContext.Current.SendDiagnosticMessage("{0}", text);
        return text;
    }
}
