using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>The head of a thread environment block.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct NT_TIB
{
    [FieldOffset(0)] public void* ExceptionList;
    [FieldOffset(8)] public void* StackBase;
    [FieldOffset(16)] public void* StackLimit;
    [FieldOffset(24)] public void* SubSystemTib;
    [FieldOffset(32)] public void* FiberData;
    [FieldOffset(32)] public uint Version;
    [FieldOffset(40)] public void* ArbitraryUserPointer;
    [FieldOffset(48)] public NT_TIB* Self;
}
