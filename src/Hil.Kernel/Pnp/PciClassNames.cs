namespace Hil.Kernel;

/// <summary>Names of PCI classes (PCI Code and ID Assignment Specification 1.11, 1).</summary>
internal static class PciClassNames
{
    private static readonly Dictionary<uint, string> s_subclasses = new()
    {
        [0x0100] = "SCSI Controller",
        [0x0101] = "IDE Controller",
        [0x0106] = "SATA Controller",
        [0x0108] = "Non-Volatile Memory Controller",
        [0x0200] = "Ethernet Controller",
        [0x0300] = "VGA Compatible Controller",
        [0x0401] = "Audio Controller",
        [0x0403] = "High Definition Audio Controller",
        [0x0600] = "Host Bridge",
        [0x0601] = "ISA Bridge",
        [0x0604] = "PCI-to-PCI Bridge",
        [0x0700] = "Serial Controller",
        [0x0701] = "Parallel Port",
        [0x0800] = "Interrupt Controller",
        [0x0805] = "SD Host Controller",
        [0x0C00] = "FireWire (IEEE 1394) Controller",
        [0x0C03] = "USB Controller",
        [0x0C05] = "SMBus Controller",
        [0x1100] = "Data Acquisition Controller",
    };

    private static readonly Dictionary<uint, string> s_classes = new()
    {
        [0x01] = "Mass Storage Controller",
        [0x02] = "Network Controller",
        [0x03] = "Video Controller",
        [0x04] = "Multimedia Controller",
        [0x05] = "Memory Controller",
        [0x06] = "Bridge Device",
        [0x07] = "Communications Controller",
        [0x08] = "Base System Device",
        [0x09] = "Input Device Controller",
        [0x0C] = "Serial Bus Controller",
        [0x10] = "Encryption Controller",
    };

    /// <summary>Name of a class code 0xCCSSPP; "PCI Device" for one without a name.</summary>
    public static string Find(uint classCode) =>
        s_subclasses.GetValueOrDefault(classCode >> 8) ?? s_classes.GetValueOrDefault(classCode >> 16) ?? "PCI Device";
}
