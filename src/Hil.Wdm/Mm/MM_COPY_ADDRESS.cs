using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>The source of MmCopyMemory: a virtual or a physical address.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct MM_COPY_ADDRESS
{
    [FieldOffset(0)] public void* VirtualAddress;
    [FieldOffset(0)] public PHYSICAL_ADDRESS PhysicalAddress;
}
