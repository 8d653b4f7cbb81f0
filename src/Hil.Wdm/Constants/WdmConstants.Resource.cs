namespace Hil.Wdm;

// Constants of wdm.h for hardware resources.
public static partial class WdmConstants
{
    // CM_PARTIAL_RESOURCE_DESCRIPTOR.Type.
    public const byte CmResourceTypeNull = 0;
    public const byte CmResourceTypePort = 1;
    public const byte CmResourceTypeInterrupt = 2;
    public const byte CmResourceTypeMemory = 3;
    public const byte CmResourceTypeDma = 4;
    public const byte CmResourceTypeDeviceSpecific = 5;
    public const byte CmResourceTypeBusNumber = 6;
    public const byte CmResourceTypeNonArbitrated = 128;
    public const byte CmResourceTypeConfigData = 128;
    public const byte CmResourceTypeDevicePrivate = 129;
    public const byte CmResourceTypePcCardConfig = 130;
    public const byte CmResourceTypeMfCardConfig = 131;
    public const byte CmResourceTypeMemoryLarge = 7;
    public const byte CmResourceTypeConnection = 132;

    // CM_PARTIAL_RESOURCE_DESCRIPTOR.ShareDisposition.
    public const byte CmResourceShareUndetermined = 0;
    public const byte CmResourceShareDeviceExclusive = 1;
    public const byte CmResourceShareDriverExclusive = 2;
    public const byte CmResourceShareShared = 3;

    // CM_PARTIAL_RESOURCE_DESCRIPTOR.Flags.
    public const ushort CM_RESOURCE_PORT_MEMORY = 0x0000;
    public const ushort CM_RESOURCE_PORT_IO = 0x0001;
    public const ushort CM_RESOURCE_PORT_10_BIT_DECODE = 0x0004;
    public const ushort CM_RESOURCE_PORT_12_BIT_DECODE = 0x0008;
    public const ushort CM_RESOURCE_PORT_16_BIT_DECODE = 0x0010;
    public const ushort CM_RESOURCE_PORT_POSITIVE_DECODE = 0x0020;
    public const ushort CM_RESOURCE_PORT_PASSIVE_DECODE = 0x0040;
    public const ushort CM_RESOURCE_PORT_WINDOW_DECODE = 0x0080;
    public const ushort CM_RESOURCE_PORT_BAR = 0x0100;
    public const ushort CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE = 0x0000;
    public const ushort CM_RESOURCE_INTERRUPT_LATCHED = 0x0001;
    public const ushort CM_RESOURCE_INTERRUPT_MESSAGE = 0x0002;
    public const ushort CM_RESOURCE_INTERRUPT_POLICY_INCLUDED = 0x0004;
    public const ushort CM_RESOURCE_INTERRUPT_LEVEL_LATCHED_BITS = 0x0001;
    public const ushort CM_RESOURCE_MEMORY_READ_WRITE = 0x0000;
    public const ushort CM_RESOURCE_MEMORY_READ_ONLY = 0x0001;
    public const ushort CM_RESOURCE_MEMORY_WRITE_ONLY = 0x0002;
    public const ushort CM_RESOURCE_MEMORY_WRITEABILITY_MASK = 0x0003;
    public const ushort CM_RESOURCE_MEMORY_PREFETCHABLE = 0x0004;
    public const ushort CM_RESOURCE_MEMORY_COMBINEDWRITE = 0x0008;
    public const ushort CM_RESOURCE_MEMORY_24 = 0x0010;
    public const ushort CM_RESOURCE_MEMORY_CACHEABLE = 0x0020;
    public const ushort CM_RESOURCE_MEMORY_WINDOW_DECODE = 0x0040;
    public const ushort CM_RESOURCE_MEMORY_BAR = 0x0080;
    public const ushort CM_RESOURCE_MEMORY_COMPAT_FOR_INACCESSIBLE_RANGE = 0x0100;
    public const ushort CM_RESOURCE_MEMORY_LARGE = 0x0E00;
    public const ushort CM_RESOURCE_MEMORY_LARGE_40 = 0x0200;
    public const ushort CM_RESOURCE_MEMORY_LARGE_48 = 0x0400;
    public const ushort CM_RESOURCE_MEMORY_LARGE_64 = 0x0800;
    public const ushort CM_RESOURCE_DMA_8 = 0x0000;
    public const ushort CM_RESOURCE_DMA_16 = 0x0001;
    public const ushort CM_RESOURCE_DMA_32 = 0x0002;
    public const ushort CM_RESOURCE_DMA_8_AND_16 = 0x0004;
    public const ushort CM_RESOURCE_DMA_BUS_MASTER = 0x0008;
    public const ushort CM_RESOURCE_DMA_TYPE_A = 0x0010;
    public const ushort CM_RESOURCE_DMA_TYPE_B = 0x0020;
    public const ushort CM_RESOURCE_DMA_TYPE_F = 0x0040;

    // Message interrupts.
    public const uint CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN = 0xFFFFFFFE;

    // IO_RESOURCE_DESCRIPTOR.Option.
    public const byte IO_RESOURCE_PREFERRED = 0x01;
    public const byte IO_RESOURCE_DEFAULT = 0x02;
    public const byte IO_RESOURCE_ALTERNATIVE = 0x08;
}
