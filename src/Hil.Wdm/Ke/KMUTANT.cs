using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A mutex, which a thread owns and may acquire again.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct KMUTANT
{
    [FieldOffset(0)] public DISPATCHER_HEADER Header;
    [FieldOffset(24)] public LIST_ENTRY MutantListEntry;
    [FieldOffset(40)] public KTHREAD* OwnerThread;
    [FieldOffset(48)] public BOOLEAN Abandoned;
    [FieldOffset(48)] public byte MutantFlags;
    [FieldOffset(49)] public byte ApcDisable;
}
