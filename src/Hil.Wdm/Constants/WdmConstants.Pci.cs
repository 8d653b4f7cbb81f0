namespace Hil.Wdm;

// Constants of wdm.h for PCI configuration space.
public static partial class WdmConstants
{
    // PCI_COMMON_CONFIG.Command.
    public const ushort PCI_ENABLE_IO_SPACE = 0x0001;
    public const ushort PCI_ENABLE_MEMORY_SPACE = 0x0002;
    public const ushort PCI_ENABLE_BUS_MASTER = 0x0004;
    public const ushort PCI_ENABLE_SPECIAL_CYCLES = 0x0008;
    public const ushort PCI_ENABLE_WRITE_AND_INVALIDATE = 0x0010;
    public const ushort PCI_ENABLE_VGA_COMPATIBLE_PALETTE = 0x0020;
    public const ushort PCI_ENABLE_PARITY = 0x0040;
    public const ushort PCI_ENABLE_WAIT_CYCLE = 0x0080;
    public const ushort PCI_ENABLE_SERR = 0x0100;
    public const ushort PCI_ENABLE_FAST_BACK_TO_BACK = 0x0200;
    public const ushort PCI_DISABLE_LEVEL_INTERRUPT = 0x0400;

    // PCI_COMMON_CONFIG.Status.
    public const ushort PCI_STATUS_INTERRUPT_PENDING = 0x0008;
    public const ushort PCI_STATUS_CAPABILITIES_LIST = 0x0010;
    public const ushort PCI_STATUS_66MHZ_CAPABLE = 0x0020;
    public const ushort PCI_STATUS_UDF_SUPPORTED = 0x0040;
    public const ushort PCI_STATUS_FAST_BACK_TO_BACK = 0x0080;
    public const ushort PCI_STATUS_DATA_PARITY_DETECTED = 0x0100;
    public const ushort PCI_STATUS_DEVSEL = 0x0600;
    public const ushort PCI_STATUS_SIGNALED_TARGET_ABORT = 0x0800;
    public const ushort PCI_STATUS_RECEIVED_TARGET_ABORT = 0x1000;
    public const ushort PCI_STATUS_RECEIVED_MASTER_ABORT = 0x2000;
    public const ushort PCI_STATUS_SIGNALED_SYSTEM_ERROR = 0x4000;
    public const ushort PCI_STATUS_DETECTED_PARITY_ERROR = 0x8000;

    // PCI_COMMON_CONFIG.HeaderType.
    public const byte PCI_MULTIFUNCTION = 0x80;
    public const byte PCI_DEVICE_TYPE = 0x00;
    public const byte PCI_BRIDGE_TYPE = 0x01;
    public const byte PCI_CARDBUS_BRIDGE_TYPE = 0x02;

    // Capability identifiers.
    public const byte PCI_CAPABILITY_ID_POWER_MANAGEMENT = 0x01;
    public const byte PCI_CAPABILITY_ID_AGP = 0x02;
    public const byte PCI_CAPABILITY_ID_VPD = 0x03;
    public const byte PCI_CAPABILITY_ID_SLOT_ID = 0x04;
    public const byte PCI_CAPABILITY_ID_MSI = 0x05;
    public const byte PCI_CAPABILITY_ID_CPCI_HOTSWAP = 0x06;
    public const byte PCI_CAPABILITY_ID_PCIX = 0x07;
    public const byte PCI_CAPABILITY_ID_VENDOR_SPECIFIC = 0x09;
    public const byte PCI_CAPABILITY_ID_PCI_EXPRESS = 0x10;
    public const byte PCI_CAPABILITY_ID_MSIX = 0x11;

    // Base address registers.
    public const uint PCI_ADDRESS_IO_SPACE = 1;
    public const uint PCI_ADDRESS_MEMORY_TYPE_MASK = 6;
    public const uint PCI_ADDRESS_MEMORY_PREFETCHABLE = 8;
    public const uint PCI_ADDRESS_IO_ADDRESS_MASK = 0xFFFFFFFC;
    public const uint PCI_ADDRESS_MEMORY_ADDRESS_MASK = 0xFFFFFFF0;
    public const uint PCI_ADDRESS_ROM_ADDRESS_MASK = 0xFFFFF800;
    public const uint PCI_ROMADDRESS_ENABLED = 1;
    public const uint PCI_TYPE_32BIT = 0;
    public const uint PCI_TYPE_20BIT = 2;
    public const uint PCI_TYPE_64BIT = 4;

    // Limits and the absent device.
    public const uint PCI_TYPE0_ADDRESSES = 6;
    public const uint PCI_TYPE1_ADDRESSES = 2;
    public const uint PCI_MAX_DEVICES = 32;
    public const uint PCI_MAX_FUNCTION = 8;
    public const uint PCI_MAX_BRIDGE_NUMBER = 255;
    public const uint PCI_INVALID_VENDORID = 0xFFFF;
    public const uint PCI_COMMON_HDR_LENGTH = 0x40;

    // Which space IRP_MN_READ_CONFIG and GetBusData mean.
    public const uint PCI_WHICHSPACE_CONFIG = 0;
    public const uint PCI_WHICHSPACE_ROM = 0x52696350;
}
