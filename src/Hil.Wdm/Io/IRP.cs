using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>An I/O request packet; its IO_STACK_LOCATIONs follow it in memory.</summary>
public unsafe struct IRP
{
    public short Type;
    public ushort Size;
    public ushort AllocationProcessorNumber;
    public ushort Reserved;
    public MDL* MdlAddress;
    public uint Flags;
    public AssociatedIrpUnion AssociatedIrp;
    public LIST_ENTRY ThreadListEntry;
    public IO_STATUS_BLOCK IoStatus;
    public KPROCESSOR_MODE RequestorMode;
    public BOOLEAN PendingReturned;
    public sbyte StackCount;
    public sbyte CurrentLocation;
    public BOOLEAN Cancel;
    public KIRQL CancelIrql;
    public sbyte ApcEnvironment;
    public byte AllocationFlags;
    public IO_STATUS_BLOCK* UserIosb;
    public KEVENT* UserEvent;
    public OverlayUnion Overlay;
    public DriverRoutine CancelRoutine;
    public void* UserBuffer;
    public TailUnion Tail;

    [StructLayout(LayoutKind.Explicit)]
    public struct AssociatedIrpUnion
    {
        [FieldOffset(0)] public IRP* MasterIrp;
        [FieldOffset(0)] public int IrpCount;
        [FieldOffset(0)] public void* SystemBuffer;
    }

    [StructLayout(LayoutKind.Explicit)]
    public struct OverlayUnion
    {
        [FieldOffset(0)] public AsynchronousParametersStruct AsynchronousParameters;
        [FieldOffset(0)] public LARGE_INTEGER AllocationSize;

        [StructLayout(LayoutKind.Explicit)]
        public struct AsynchronousParametersStruct
        {
            [FieldOffset(0)] public DriverRoutine UserApcRoutine;
            [FieldOffset(0)] public void* IssuingProcess;
            [FieldOffset(8)] public void* UserApcContext;
        }
    }

    [StructLayout(LayoutKind.Explicit)]
    public struct TailUnion
    {
        [FieldOffset(0)] public TailOverlay Overlay;
        [FieldOffset(0)] public KAPC Apc;
        [FieldOffset(0)] public void* CompletionKey;

        [StructLayout(LayoutKind.Explicit, Size = 88)]
        public struct TailOverlay
        {
            [FieldOffset(0)] public KDEVICE_QUEUE_ENTRY DeviceQueueEntry;
            [FieldOffset(0)] public DriverContextArray DriverContext;
            [FieldOffset(32)] public KTHREAD* Thread;
            [FieldOffset(40)] public byte* AuxiliaryBuffer;
            [FieldOffset(48)] public LIST_ENTRY ListEntry;
            [FieldOffset(64)] public IO_STACK_LOCATION* CurrentStackLocation;
            [FieldOffset(64)] public uint PacketType;
            [FieldOffset(72)] public FILE_OBJECT* OriginalFileObject;

            [InlineArray(4)]
            public struct DriverContextArray
            {
                private nuint _element0;
            }
        }
    }
}
