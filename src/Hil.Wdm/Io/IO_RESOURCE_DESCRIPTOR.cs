using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A range of resources that would do.</summary>
public unsafe struct IO_RESOURCE_DESCRIPTOR
{
    public byte Option;
    public byte Type;
    public byte ShareDisposition;
    public byte Spare1;
    public ushort Flags;
    public ushort Spare2;
    public DescriptorUnion u;

    [StructLayout(LayoutKind.Explicit)]
    public struct DescriptorUnion
    {
        [FieldOffset(0)] public Range Port;
        [FieldOffset(0)] public Range Memory;
        [FieldOffset(0)] public Range Generic;
        [FieldOffset(0)] public InterruptRange Interrupt;
        [FieldOffset(0)] public DmaRange Dma;
        [FieldOffset(0)] public DmaV3Range DmaV3;
        [FieldOffset(0)] public DevicePrivateData DevicePrivate;
        [FieldOffset(0)] public BusNumberRange BusNumber;
        [FieldOffset(0)] public ConfigDataFields ConfigData;
        [FieldOffset(0)] public Range40 Memory40;
        [FieldOffset(0)] public Range48 Memory48;
        [FieldOffset(0)] public Range64 Memory64;
        [FieldOffset(0)] public ConnectionId Connection;

        public struct Range
        {
            public uint Length;
            public uint Alignment;
            public PHYSICAL_ADDRESS MinimumAddress;
            public PHYSICAL_ADDRESS MaximumAddress;
        }

        public struct InterruptRange
        {
            public uint MinimumVector;
            public uint MaximumVector;
            public int AffinityPolicy;
            public int PriorityPolicy;
            public nuint TargetedProcessors;
        }

        public struct DmaRange
        {
            public uint MinimumChannel;
            public uint MaximumChannel;
        }

        public struct DmaV3Range
        {
            public uint RequestLine;
            public uint Reserved;
            public uint Channel;
            public uint TransferWidth;
        }

        public struct DevicePrivateData
        {
            public fixed uint Data[3];
        }

        public struct BusNumberRange
        {
            public uint Length;
            public uint MinBusNumber;
            public uint MaxBusNumber;
            public uint Reserved;
        }

        public struct ConfigDataFields
        {
            public uint Priority;
            public uint Reserved1;
            public uint Reserved2;
        }

        public struct Range40
        {
            public uint Length40;
            public uint Alignment40;
            public PHYSICAL_ADDRESS MinimumAddress;
            public PHYSICAL_ADDRESS MaximumAddress;
        }

        public struct Range48
        {
            public uint Length48;
            public uint Alignment48;
            public PHYSICAL_ADDRESS MinimumAddress;
            public PHYSICAL_ADDRESS MaximumAddress;
        }

        public struct Range64
        {
            public uint Length64;
            public uint Alignment64;
            public PHYSICAL_ADDRESS MinimumAddress;
            public PHYSICAL_ADDRESS MaximumAddress;
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
