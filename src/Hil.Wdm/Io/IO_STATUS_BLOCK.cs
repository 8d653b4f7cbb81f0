using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>The outcome of a request: status, and a value whose meaning depends on the request.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct IO_STATUS_BLOCK
{
    [FieldOffset(0)] public NTSTATUS Status;
    [FieldOffset(0)] public void* Pointer;
    [FieldOffset(8)] public nuint Information;
}
