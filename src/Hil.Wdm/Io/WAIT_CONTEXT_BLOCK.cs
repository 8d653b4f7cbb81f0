using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A wait for an adapter or controller object.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct WAIT_CONTEXT_BLOCK
{
    [FieldOffset(0)] public KDEVICE_QUEUE_ENTRY WaitQueueEntry;
    [FieldOffset(0)] public LIST_ENTRY DmaWaitEntry;
    [FieldOffset(16)] public uint NumberOfChannels;
    [FieldOffset(24)] public DriverRoutine DeviceRoutine;
    [FieldOffset(32)] public void* DeviceContext;
    [FieldOffset(40)] public uint NumberOfMapRegisters;
    [FieldOffset(48)] public void* DeviceObject;
    [FieldOffset(56)] public void* CurrentIrp;
    [FieldOffset(64)] public KDPC* BufferChainingDpc;
}
