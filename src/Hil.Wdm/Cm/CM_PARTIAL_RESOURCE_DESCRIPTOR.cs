using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>One resource: a port or memory range, an interrupt, a DMA channel.</summary>
/// <remarks>Packed to 4 bytes in wdm.h, so its 64-bit fields are not aligned.</remarks>
public unsafe struct CM_PARTIAL_RESOURCE_DESCRIPTOR
{
    public byte Type;
    public byte ShareDisposition;
    public ushort Flags;
    public DescriptorUnion u;

    [StructLayout(LayoutKind.Explicit)]
    public struct DescriptorUnion
    {
        [FieldOffset(0)] public AddressRange Generic;
        [FieldOffset(0)] public AddressRange Port;
        [FieldOffset(0)] public AddressRange Memory;
        [FieldOffset(0)] public InterruptFields Interrupt;
        [FieldOffset(0)] public MessageInterruptUnion MessageInterrupt;
        [FieldOffset(0)] public DmaFields Dma;
        [FieldOffset(0)] public DmaV3Fields DmaV3;
        [FieldOffset(0)] public DevicePrivateData DevicePrivate;
        [FieldOffset(0)] public BusNumberRange BusNumber;
        [FieldOffset(0)] public DeviceSpecificDataHeader DeviceSpecificData;
        [FieldOffset(0)] public AddressRange40 Memory40;
        [FieldOffset(0)] public AddressRange48 Memory48;
        [FieldOffset(0)] public AddressRange64 Memory64;
        [FieldOffset(0)] public ConnectionId Connection;

        [StructLayout(LayoutKind.Sequential, Pack = 4)]
        public struct AddressRange
        {
            public PHYSICAL_ADDRESS Start;
            public uint Length;
        }

        [StructLayout(LayoutKind.Sequential, Pack = 4)]
        public struct InterruptFields
        {
            public ushort Level;
            public ushort Group;
            public uint Vector;
            public nuint Affinity;
        }

        [StructLayout(LayoutKind.Explicit)]
        public struct MessageInterruptUnion
        {
            [FieldOffset(0)] public RawMessage Raw;
            [FieldOffset(0)] public InterruptFields Translated;

            [StructLayout(LayoutKind.Sequential, Pack = 4)]
            public struct RawMessage
            {
                public ushort Reserved;
                public ushort MessageCount;
                public uint Vector;
                public nuint Affinity;
            }
        }

        public struct DmaFields
        {
            public uint Channel;
            public uint Port;
            public uint Reserved1;
        }

        public struct DmaV3Fields
        {
            public uint Channel;
            public uint RequestLine;
            public byte TransferWidth;
            public byte Reserved1;
            public byte Reserved2;
            public byte Reserved3;
        }

        public struct DevicePrivateData
        {
            public fixed uint Data[3];
        }

        public struct BusNumberRange
        {
            public uint Start;
            public uint Length;
            public uint Reserved;
        }

        public struct DeviceSpecificDataHeader
        {
            public uint DataSize;
            public uint Reserved1;
            public uint Reserved2;
        }

        [StructLayout(LayoutKind.Sequential, Pack = 4)]
        public struct AddressRange40
        {
            public PHYSICAL_ADDRESS Start;
            public uint Length40;
        }

        [StructLayout(LayoutKind.Sequential, Pack = 4)]
        public struct AddressRange48
        {
            public PHYSICAL_ADDRESS Start;
            public uint Length48;
        }

        [StructLayout(LayoutKind.Sequential, Pack = 4)]
        public struct AddressRange64
        {
            public PHYSICAL_ADDRESS Start;
            public uint Length64;
        }

        public struct ConnectionId
        {
            public byte Class;
            public byte Type;
            public byte Reserved1;
            public byte Reserved2;
            public uint IdLowPart;
            public uint IdHighPart;
        }
    }
}
