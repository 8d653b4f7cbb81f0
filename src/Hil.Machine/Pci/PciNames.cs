using System.Globalization;

namespace Hil.Machine.Pci;

/// <summary>Names of PCI classes, of the vendors and devices that QEMU emulates, and of capabilities. A short table on
/// purpose: what is not in it is shown by number.</summary>
public static class PciNames
{
    private static readonly Dictionary<byte, string> s_classes = new()
    {
        [0x00] = "Unclassified device",
        [0x01] = "Mass storage controller",
        [0x02] = "Network controller",
        [0x03] = "Display controller",
        [0x04] = "Multimedia controller",
        [0x05] = "Memory controller",
        [0x06] = "Bridge",
        [0x07] = "Communication controller",
        [0x08] = "Generic system peripheral",
        [0x09] = "Input device controller",
        [0x0A] = "Docking station",
        [0x0B] = "Processor",
        [0x0C] = "Serial bus controller",
        [0x0D] = "Wireless controller",
        [0x10] = "Encryption controller",
        [0x11] = "Signal processing controller",
        [0x12] = "Processing accelerator",
        [0xFF] = "Unassigned class",
    };

    // Class and subclass.
    private static readonly Dictionary<ushort, string> s_subclasses = new()
    {
        [0x0001] = "VGA compatible unclassified device",
        [0x0100] = "SCSI storage controller",
        [0x0101] = "IDE interface",
        [0x0104] = "RAID bus controller",
        [0x0106] = "SATA controller",
        [0x0107] = "Serial Attached SCSI controller",
        [0x0108] = "Non-Volatile memory controller",
        [0x0200] = "Ethernet controller",
        [0x0300] = "VGA compatible controller",
        [0x0380] = "Display controller",
        [0x0401] = "Multimedia audio controller",
        [0x0403] = "Audio device",
        [0x0500] = "RAM memory",
        [0x0502] = "CXL memory",
        [0x0600] = "Host bridge",
        [0x0601] = "ISA bridge",
        [0x0604] = "PCI bridge",
        [0x0700] = "Serial controller",
        [0x0701] = "Parallel controller",
        [0x0702] = "Multiport serial controller",
        [0x0780] = "Communication controller",
        [0x0805] = "SD host controller",
        [0x0880] = "System peripheral",
        [0x0C03] = "USB controller",
        [0x0C05] = "SMBus",
        [0x0C07] = "IPMI interface",
        [0x1000] = "Network and computing encryption device",
    };

    private static readonly Dictionary<ushort, string> s_vendors = new()
    {
        [0x1000] = "Broadcom / LSI",
        [0x1011] = "Digital Equipment",
        [0x1013] = "Cirrus Logic",
        [0x1022] = "AMD",
        [0x104C] = "Texas Instruments",
        [0x1033] = "NEC",
        [0x10EC] = "Realtek",
        [0x1106] = "VIA",
        [0x1234] = "QEMU",
        [0x1274] = "Ensoniq",
        [0x15AD] = "VMware",
        [0x1AF4] = "Red Hat (virtio)",
        [0x1B36] = "Red Hat (QEMU)",
        [0x8086] = "Intel",
    };

    // Vendor and device.
    private static readonly Dictionary<uint, string> s_devices = new()
    {
        [0x1000_0012] = "53c895a SCSI",
        [0x1000_0030] = "53c1030 SCSI",
        [0x1000_0054] = "SAS1068 SCSI",
        [0x1000_0060] = "MegaRAID SAS 1078",
        [0x1011_0019] = "21142/43 Tulip Ethernet",
        [0x1013_00B8] = "GD 5446 display",
        [0x1022_2000] = "79c970 PCnet32 LANCE Ethernet",
        [0x1022_2020] = "53c974 PCscsi",
        [0x104C_8232] = "XIO3130 switch upstream port",
        [0x104C_8233] = "XIO3130 switch downstream port",
        [0x1033_0194] = "uPD720200 USB 3.0 host",
        [0x10EC_8139] = "RTL8139 Ethernet",
        [0x1234_1111] = "standard VGA",
        [0x1234_11E8] = "edu, the educational device",
        [0x1274_5000] = "ES1370 AudioPCI",
        [0x15AD_0405] = "SVGA II display",
        [0x15AD_07B0] = "VMXNET3 Ethernet",
        [0x15AD_07C0] = "PVSCSI",
        [0x1AF4_1000] = "virtio network device (transitional)",
        [0x1AF4_1001] = "virtio block device (transitional)",
        [0x1AF4_1002] = "virtio memory balloon (transitional)",
        [0x1AF4_1003] = "virtio console (transitional)",
        [0x1AF4_1004] = "virtio SCSI (transitional)",
        [0x1AF4_1005] = "virtio random number generator (transitional)",
        [0x1AF4_1009] = "virtio file system (transitional)",
        [0x1AF4_1041] = "virtio network device",
        [0x1AF4_1042] = "virtio block device",
        [0x1AF4_1043] = "virtio console",
        [0x1AF4_1044] = "virtio random number generator",
        [0x1AF4_1045] = "virtio memory balloon",
        [0x1AF4_1048] = "virtio SCSI",
        [0x1AF4_1050] = "virtio GPU",
        [0x1AF4_1052] = "virtio input",
        [0x1AF4_1053] = "virtio socket",
        [0x1AF4_1110] = "inter-VM shared memory",
        [0x1B36_0001] = "PCI-to-PCI bridge",
        [0x1B36_0002] = "16550A serial port",
        [0x1B36_0003] = "2 x 16550A serial port",
        [0x1B36_0004] = "4 x 16550A serial port",
        [0x1B36_0005] = "PCI test device",
        [0x1B36_0007] = "SD host controller",
        [0x1B36_0008] = "PCI Express host bridge",
        [0x1B36_0009] = "PCI expander bridge",
        [0x1B36_000B] = "PCI Express expander bridge",
        [0x1B36_000C] = "PCI Express root port",
        [0x1B36_000D] = "USB xHCI host",
        [0x1B36_000E] = "PCI Express to PCI bridge",
        [0x1B36_0010] = "NVMe controller",
        [0x1B36_0011] = "PVPanic device",
        [0x1B36_0100] = "QXL display",
        [0x8086_100E] = "82540EM Gigabit Ethernet",
        [0x8086_100F] = "82545EM Gigabit Ethernet",
        [0x8086_1004] = "82543GC Gigabit Ethernet",
        [0x8086_10C9] = "82576 Gigabit Ethernet",
        [0x8086_10D3] = "82574L Gigabit Ethernet",
        [0x8086_1209] = "8255x Ethernet",
        [0x8086_1229] = "82557/8/9 Ethernet",
        [0x8086_2415] = "82801AA AC'97 audio",
        [0x8086_244E] = "82801 PCI bridge",
        [0x8086_2448] = "82801 mobile PCI bridge",
        [0x8086_25AB] = "6300ESB watchdog",
        [0x8086_2668] = "ICH6 High Definition audio",
        [0x8086_2918] = "ICH9 LPC bridge",
        [0x8086_2922] = "ICH9 AHCI SATA",
        [0x8086_2930] = "ICH9 SMBus",
        [0x8086_2934] = "ICH9 USB UHCI #1",
        [0x8086_293A] = "ICH9 USB EHCI #1",
        [0x8086_293E] = "ICH9 High Definition audio",
        [0x8086_29C0] = "82G33 host bridge (Q35)",
        [0x8086_3420] = "7500 PCI Express root port",
        [0x8086_5845] = "NVMe controller (QEMU)",
        [0x8086_7010] = "PIIX3 IDE",
        [0x8086_7020] = "PIIX3 USB",
    };

    private static readonly Dictionary<byte, string> s_capabilities = new()
    {
        [0x01] = "Power Management",
        [0x03] = "Vital Product Data",
        [0x04] = "Slot ID",
        [0x05] = "MSI",
        [0x07] = "PCI-X",
        [0x09] = "Vendor Specific Information",
        [0x0A] = "Debug port",
        [0x0C] = "Hot-plug capable",
        [0x0D] = "Subsystem",
        [0x10] = "Express",
        [0x11] = "MSI-X",
        [0x12] = "SATA HBA",
        [0x13] = "PCI Advanced Features",
        [0x14] = "Enhanced Allocation",
    };

    private static readonly Dictionary<ushort, string> s_extendedCapabilities = new()
    {
        [0x0001] = "Advanced Error Reporting",
        [0x0002] = "Virtual Channel",
        [0x0003] = "Device Serial Number",
        [0x0004] = "Power Budgeting",
        [0x000B] = "Vendor Specific Information",
        [0x000D] = "Access Control Services",
        [0x000E] = "Alternative Routing-ID Interpretation (ARI)",
        [0x000F] = "Address Translation Service (ATS)",
        [0x0010] = "Single Root I/O Virtualization (SR-IOV)",
        [0x0013] = "Page Request Interface",
        [0x0015] = "Resizable BAR",
        [0x0018] = "Latency Tolerance Reporting",
        [0x0019] = "Secondary PCI Express",
        [0x001B] = "Process Address Space ID (PASID)",
        [0x001E] = "L1 PM Substates",
        [0x0023] = "Designated Vendor-Specific",
        [0x002E] = "Data Object Exchange",
    };

    /// <summary>Name of a class code 0xCCSSPP.</summary>
    public static string OfClass(uint classCode)
    {
        if (s_subclasses.TryGetValue((ushort)(classCode >> 8), out string? name))
            return name;
        return s_classes.TryGetValue((byte)(classCode >> 16), out name) ? name : "Class";
    }

    /// <summary>Vendor and device; numbers where there is no name.</summary>
    public static string OfDevice(ushort vendorId, ushort deviceId)
    {
        uint both = ((uint)vendorId << 16) | deviceId;
        string vendor = s_vendors.TryGetValue(vendorId, out string? known) ? known : Number("Vendor", vendorId);
        string device = s_devices.TryGetValue(both, out known) ? known : Number("Device", deviceId);
        return $"{vendor} {device}";
    }

    public static string OfCapability(byte id) =>
        s_capabilities.TryGetValue(id, out string? name) ? name : Number("Capability", id);

    public static string OfExtendedCapability(ushort id) =>
        s_extendedCapabilities.TryGetValue(id, out string? name) ? name : Number("Extended capability", id);

    private static string Number(string kind, uint value) =>
        string.Create(CultureInfo.InvariantCulture, $"{kind} {value:x4}");
}
