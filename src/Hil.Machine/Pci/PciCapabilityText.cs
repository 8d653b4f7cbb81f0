namespace Hil.Machine.Pci;

/// <summary>Decodes capabilities into one line each (PCI Local Bus 3.0 chapter 6, PCI Express Base chapter 7, Virtio
/// 1.2 section 4.1.4).</summary>
internal static class PciCapabilityText
{
    private const byte PowerManagement = 0x01;
    private const byte SlotIdentification = 0x04;
    private const byte MessageInterrupts = 0x05;
    private const byte VendorSpecific = 0x09;
    private const byte BridgeSubsystem = 0x0D;
    private const byte Express = 0x10;
    private const byte MessageInterruptsExtended = 0x11;
    private const byte AdvancedFeatures = 0x13;
    private const ushort VirtioVendor = 0x1AF4;

    private static readonly string[] s_expressTypes =
    [
        "Endpoint", "Legacy Endpoint", "type 2", "type 3", "Root Port", "Upstream Port", "Downstream Port",
        "PCI Express to PCI Bridge", "PCI to PCI Express Bridge", "Root Complex Integrated Endpoint",
        "Root Complex Event Collector",
    ];

    private static readonly string[] s_linkSpeeds = ["?", "2.5GT/s", "5GT/s", "8GT/s", "16GT/s", "32GT/s", "64GT/s"];

    private static readonly string[] s_virtioStructures =
        ["?", "CommonCfg", "Notify", "ISR", "DeviceCfg", "PciCfg", "?", "?", "SharedMemory", "VendorCfg"];

    public static string Describe(IBus bus, PciFunction function, PciCapability capability)
    {
        var at = new Reader(bus, function.Address, capability.Offset);
        return capability.Id switch
        {
            PowerManagement => DescribePower(at),
            SlotIdentification => DescribeSlot(at),
            MessageInterrupts => DescribeMessages(at),
            VendorSpecific when function.VendorId == VirtioVendor => DescribeVirtio(at),
            VendorSpecific => $"Vendor Specific Information: Len={at.Byte(2):x2}",
            BridgeSubsystem => $"Subsystem: [{at.Word(4):x4}:{at.Word(6):x4}]",
            Express => DescribeExpress(at),
            MessageInterruptsExtended => DescribeExtendedMessages(at),
            AdvancedFeatures => DescribeAdvancedFeatures(at.Byte(3)),
            _ => PciNames.OfCapability(capability.Id),
        };
    }

    private static string DescribePower(Reader at)
    {
        uint capabilities = at.Word(2);
        uint status = at.Word(4);
        return $"Power Management version {capabilities & 7}, " +
            $"D1{Flag(capabilities, 1 << 9)} D2{Flag(capabilities, 1 << 10)}, " +
            $"state D{status & 3}, NoSoftReset{Flag(status, 8)}";
    }

    private static string DescribeSlot(Reader at) =>
        $"Slot ID: {at.Byte(2) & 0x1F} slots, First{Flag(at.Byte(2), 0x20)}, chassis {at.Byte(3):x2}";

    private static string DescribeAdvancedFeatures(uint capabilities) =>
        $"PCI Advanced Features: TransactionsPending{Flag(capabilities, 1)} FunctionLevelReset{Flag(capabilities, 2)}";

    private static string DescribeMessages(Reader at)
    {
        const uint WideAddress = 1 << 7;
        const uint Maskable = 1 << 8;
        uint control = at.Word(2);
        bool isWide = (control & WideAddress) != 0;
        ulong address = at.Dword(4) | (isWide ? (ulong)at.Dword(8) << 32 : 0);
        uint data = at.Word(isWide ? 12 : 8);
        int enabled = 1 << (int)((control >> 4) & 7);
        int capable = 1 << (int)((control >> 1) & 7);
        return $"MSI: Enable{Flag(control, 1)} Count={enabled}/{capable} " +
            $"Maskable{Flag(control, Maskable)} 64bit{Flag(control, WideAddress)} Address: {address:x} Data: {data:x4}";
    }

    private static string DescribeExtendedMessages(Reader at)
    {
        const uint Enable = 1 << 15;
        const uint MaskAll = 1 << 14;
        uint control = at.Word(2);
        uint table = at.Dword(4);
        uint pending = at.Dword(8);
        return $"MSI-X: Enable{Flag(control, Enable)} Count={(control & 0x7FF) + 1} Masked{Flag(control, MaskAll)} " +
            $"Vector table: BAR={table & 7} offset={table & ~7u:x8} PBA: BAR={pending & 7} offset={pending & ~7u:x8}";
    }

    private static string DescribeExpress(Reader at)
    {
        const int RootPort = 4;
        uint flags = at.Word(2);
        int type = (int)(flags >> 4) & 0xF;
        string name = type < s_expressTypes.Length ? s_expressTypes[type] : $"type {type}";
        string text = $"Express (v{flags & 0xF}) {name}";
        if (type is RootPort or RootPort + 2)
            text += $" (Slot{Flag(flags, 0x100)})";
        uint link = at.Dword(12);
        uint speed = link & 0xF;
        // A root complex integrated endpoint has no link.
        return link == 0 || speed >= s_linkSpeeds.Length
            ? text
            : $"{text}, MaxPayload {128 << (int)(at.Dword(4) & 7)} bytes, " +
                $"Link up to {s_linkSpeeds[speed]} x{(link >> 4) & 0x3F}";
    }

    private static string DescribeVirtio(Reader at)
    {
        uint kind = at.Byte(3);
        string name = kind < s_virtioStructures.Length ? s_virtioStructures[kind] : "?";
        return $"VirtIO: {name} BAR={at.Byte(4)} offset={at.Dword(8):x8} size={at.Dword(12):x8}";
    }

    private static string Flag(uint bits, uint mask) => (bits & mask) != 0 ? "+" : "-";

    /// <summary>Registers of one capability. One that would reach beyond configuration space reads as zero.</summary>
    private readonly struct Reader(IBus bus, PciAddress address, int offset)
    {
        private const int StandardBytes = 256;

        public uint Byte(int at) => Read(at, 1);

        public uint Word(int at) => Read(at, 2);

        public uint Dword(int at) => Read(at, 4);

        private uint Read(int at, int width) =>
            offset + at + width <= StandardBytes ? bus.ReadConfig(address, offset + at, width) : 0;
    }
}
