namespace Hil.Kernel;

// Layouts: PCI 3.0, 6.8.1 (MSI) and 6.8.2 (MSI-X).
//
//   MSI    +2 control: enable 0, messages offered 1-3 and enabled 4-6 as log2, 64-bit 7, maskable 8
//          +4 address   +8 upper address if 64-bit   +8 or +12 data
//   MSI-X  +2 control: table size - 1 in 0-10, function mask 14, enable 15   +4 table: BAR 0-2, offset
//          entry: address, upper address, data, control (mask in bit 0)

/// <summary>Programs a function's MSI capability or MSI-X table.</summary>
internal static class MessageCapability
{
    private const int Control = 2;
    private const uint MsiEnable = 1;
    private const uint Msi64Bit = 0x80;
    private const uint MsixEnable = 0x8000;
    private const uint MsixFunctionMask = 0x4000;
    private const int MsixEntryBytes = 16;

    /// <summary>How many messages the function can send, and by which capability. MSI-X goes before MSI, as on Windows,
    /// unless its table is in a BAR that the function lacks.</summary>
    public static (InterruptKind Kind, int Count) Find(IBus bus, PciFunction function)
    {
        int msix = function.FindCapability(PCI_CAPABILITY_ID_MSIX);
        if (msix != 0 && FindTable(bus, function, msix) != 0)
            return (InterruptKind.MsiX, (int)(bus.ReadConfig(function.Address, msix + Control, 2) & 0x7FF) + 1);
        int msi = function.FindCapability(PCI_CAPABILITY_ID_MSI);
        if (msi != 0)
            return (InterruptKind.Msi, 1 << (int)((bus.ReadConfig(function.Address, msi + Control, 2) >> 1) & 7));
        return (InterruptKind.Line, 0);
    }

    public static void Enable(IBus bus, PciFunction function, InterruptAssignment interrupts)
    {
        if (interrupts.Kind == InterruptKind.MsiX)
            EnableMsix(bus, function, interrupts);
        else
            EnableMsi(bus, function, interrupts);
    }

    public static void Disable(IBus bus, PciFunction function)
    {
        Clear(bus, function.Address, function.FindCapability(PCI_CAPABILITY_ID_MSI), MsiEnable);
        Clear(bus, function.Address, function.FindCapability(PCI_CAPABILITY_ID_MSIX), MsixEnable);
    }

    private static void EnableMsi(IBus bus, PciFunction function, InterruptAssignment interrupts)
    {
        PciAddress address = function.Address;
        int offset = function.FindCapability(PCI_CAPABILITY_ID_MSI);
        uint control = bus.ReadConfig(address, offset + Control, 2);
        bool is64Bit = (control & Msi64Bit) != 0;
        InterruptMessage first = interrupts.Messages[0];
        bus.WriteConfig(address, offset + 4, 4, (uint)first.Address);
        if (is64Bit)
            bus.WriteConfig(address, offset + 8, 4, (uint)(first.Address >> 32));
        bus.WriteConfig(address, offset + (is64Bit ? 12 : 8), 2, first.Data);
        uint enabledLog2 = (uint)int.Log2(interrupts.Messages.Length);
        bus.WriteConfig(address, offset + Control, 2, (control & ~0x70u) | (enabledLog2 << 4) | MsiEnable);
    }

    // Entries beyond the granted messages stay masked, which is their reset state.
    private static void EnableMsix(IBus bus, PciFunction function, InterruptAssignment interrupts)
    {
        PciAddress address = function.Address;
        int offset = function.FindCapability(PCI_CAPABILITY_ID_MSIX);
        uint control = bus.ReadConfig(address, offset + Control, 2);
        bus.WriteConfig(address, offset + Control, 2, control | MsixEnable | MsixFunctionMask);
        ulong entry = FindTable(bus, function, offset);
        foreach (InterruptMessage message in interrupts.Messages)
        {
            bus.WriteMemory(entry, 4, (uint)message.Address);
            bus.WriteMemory(entry + 4, 4, message.Address >> 32);
            bus.WriteMemory(entry + 8, 4, message.Data);
            bus.WriteMemory(entry + 12, 4, 0);
            entry += MsixEntryBytes;
        }
        bus.WriteConfig(address, offset + Control, 2, (control | MsixEnable) & ~MsixFunctionMask);
    }

    private static ulong FindTable(IBus bus, PciFunction function, int offset)
    {
        uint table = bus.ReadConfig(function.Address, offset + 4, 4);
        foreach (PciBar bar in function.Bars)
        {
            if (bar.Index == (table & 7) && bar.Kind != PciBarKind.Io && bar.Address != 0)
                return bar.Address + (table & ~7u);
        }
        return 0;
    }

    private static void Clear(IBus bus, PciAddress address, int offset, uint flag)
    {
        if (offset == 0)
            return;
        uint control = bus.ReadConfig(address, offset + Control, 2);
        if ((control & flag) != 0)
            bus.WriteConfig(address, offset + Control, 2, control & ~flag);
    }
}
