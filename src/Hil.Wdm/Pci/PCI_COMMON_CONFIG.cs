using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>PCI configuration space, 256 bytes.</summary>
public unsafe struct PCI_COMMON_CONFIG
{
    public ushort VendorID;
    public ushort DeviceID;
    public ushort Command;
    public ushort Status;
    public byte RevisionID;
    public byte ProgIf;
    public byte SubClass;
    public byte BaseClass;
    public byte CacheLineSize;
    public byte LatencyTimer;
    public byte HeaderType;
    public byte BIST;
    public HeaderUnion u;
    public fixed byte DeviceSpecific[192];

    [StructLayout(LayoutKind.Explicit)]
    public struct HeaderUnion
    {
        [FieldOffset(0)] public DeviceHeader type0;
        [FieldOffset(0)] public BridgeHeader type1;
        [FieldOffset(0)] public CardBusHeader type2;

        public struct DeviceHeader
        {
            public fixed uint BaseAddresses[6];
            public uint CIS;
            public ushort SubVendorID;
            public ushort SubSystemID;
            public uint ROMBaseAddress;
            public byte CapabilitiesPtr;
            public fixed byte Reserved1[3];
            public uint Reserved2;
            public byte InterruptLine;
            public byte InterruptPin;
            public byte MinimumGrant;
            public byte MaximumLatency;
        }

        public struct BridgeHeader
        {
            public fixed uint BaseAddresses[2];
            public byte PrimaryBus;
            public byte SecondaryBus;
            public byte SubordinateBus;
            public byte SecondaryLatency;
            public byte IOBase;
            public byte IOLimit;
            public ushort SecondaryStatus;
            public ushort MemoryBase;
            public ushort MemoryLimit;
            public ushort PrefetchBase;
            public ushort PrefetchLimit;
            public uint PrefetchBaseUpper32;
            public uint PrefetchLimitUpper32;
            public ushort IOBaseUpper16;
            public ushort IOLimitUpper16;
            public byte CapabilitiesPtr;
            public fixed byte Reserved1[3];
            public uint ROMBaseAddress;
            public byte InterruptLine;
            public byte InterruptPin;
            public ushort BridgeControl;
        }

        public struct CardBusHeader
        {
            public uint SocketRegistersBaseAddress;
            public byte CapabilitiesPtr;
            public byte Reserved;
            public ushort SecondaryStatus;
            public byte PrimaryBus;
            public byte SecondaryBus;
            public byte SubordinateBus;
            public byte SecondaryLatency;
            public fixed uint Range[8];
            public byte InterruptLine;
            public byte InterruptPin;
            public ushort BridgeControl;
        }
    }
}
