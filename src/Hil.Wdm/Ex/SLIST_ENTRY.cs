using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A link of an interlocked list; 16-byte aligned.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public unsafe struct SLIST_ENTRY
{
    public SLIST_ENTRY* Next;
}
