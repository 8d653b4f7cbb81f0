using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>What IoConnectInterruptEx takes; Version says which alternative is filled in.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct IO_CONNECT_INTERRUPT_PARAMETERS
{
    [FieldOffset(0)] public uint Version;
    [FieldOffset(8)] public FullySpecifiedParameters FullySpecified;
    [FieldOffset(8)] public LineBasedParameters LineBased;
    [FieldOffset(8)] public MessageBasedParameters MessageBased;

    public struct FullySpecifiedParameters
    {
        public DEVICE_OBJECT* PhysicalDeviceObject;
        public KINTERRUPT** InterruptObject;
        public DriverRoutine ServiceRoutine;
        public void* ServiceContext;
        public KSPIN_LOCK* SpinLock;
        public KIRQL SynchronizeIrql;
        public BOOLEAN FloatingSave;
        public BOOLEAN ShareVector;
        public uint Vector;
        public KIRQL Irql;
        public KINTERRUPT_MODE InterruptMode;
        public nuint ProcessorEnableMask;
        public ushort Group;
    }

    public struct LineBasedParameters
    {
        public DEVICE_OBJECT* PhysicalDeviceObject;
        public KINTERRUPT** InterruptObject;
        public DriverRoutine ServiceRoutine;
        public void* ServiceContext;
        public KSPIN_LOCK* SpinLock;
        public KIRQL SynchronizeIrql;
        public BOOLEAN FloatingSave;
    }

    public struct MessageBasedParameters
    {
        public DEVICE_OBJECT* PhysicalDeviceObject;
        public ConnectionContextUnion ConnectionContext;
        public DriverRoutine MessageServiceRoutine;
        public void* ServiceContext;
        public KSPIN_LOCK* SpinLock;
        public KIRQL SynchronizeIrql;
        public BOOLEAN FloatingSave;
        public DriverRoutine FallBackServiceRoutine;

        [StructLayout(LayoutKind.Explicit)]
        public struct ConnectionContextUnion
        {
            [FieldOffset(0)] public void** Generic;
            [FieldOffset(0)] public IO_INTERRUPT_MESSAGE_INFO** InterruptMessageTable;
            [FieldOffset(0)] public KINTERRUPT** InterruptObject;
        }
    }
}
