using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A device as one driver of its stack sees it.</summary>
[StructLayout(LayoutKind.Sequential, Size = 336)]
public unsafe struct DEVICE_OBJECT
{
    public short Type;
    public ushort Size;
    public int ReferenceCount;
    public DRIVER_OBJECT* DriverObject;
    public DEVICE_OBJECT* NextDevice;
    public DEVICE_OBJECT* AttachedDevice;
    public IRP* CurrentIrp;
    public IO_TIMER* Timer;
    public uint Flags;
    public uint Characteristics;
    public VPB* Vpb;
    public void* DeviceExtension;
    public uint DeviceType;
    public sbyte StackSize;
    public QueueUnion Queue;
    public uint AlignmentRequirement;
    public KDEVICE_QUEUE DeviceQueue;
    public KDPC Dpc;
    public uint ActiveThreadCount;
    public void* SecurityDescriptor;
    public KEVENT DeviceLock;
    public ushort SectorSize;
    public ushort Spare1;
    public DEVOBJ_EXTENSION* DeviceObjectExtension;
    public void* Reserved;

    [StructLayout(LayoutKind.Explicit)]
    public struct QueueUnion
    {
        [FieldOffset(0)] public LIST_ENTRY ListEntry;
        [FieldOffset(0)] public WAIT_CONTEXT_BLOCK Wcb;
    }
}
