using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A holder of an ERESOURCE.</summary>
[StructLayout(LayoutKind.Explicit)]
public struct OWNER_ENTRY
{
    [FieldOffset(0)] public nuint OwnerThread;
    [FieldOffset(8)] private uint _bits;
    [FieldOffset(8)] public uint TableSize;

    public uint IoPriorityBoosted
    {
        readonly get => (uint)BitField.Get(_bits, 0, 1);
        set => _bits = (uint)BitField.Set(_bits, 0, 1, value);
    }

    public uint OwnerReferenced
    {
        readonly get => (uint)BitField.Get(_bits, 1, 1);
        set => _bits = (uint)BitField.Set(_bits, 1, 1, value);
    }

    public uint OwnerCount
    {
        readonly get => (uint)BitField.Get(_bits, 2, 30);
        set => _bits = (uint)BitField.Set(_bits, 2, 30, value);
    }
}
