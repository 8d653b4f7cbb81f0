using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>One extended parameter of ExAllocatePool3.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public unsafe struct POOL_EXTENDED_PARAMETER
{
    [FieldOffset(8)] public ulong Reserved2;
    [FieldOffset(8)] public void* Reserved3;
    [FieldOffset(8)] public EX_POOL_PRIORITY Priority;
    [FieldOffset(8)] public void* SecurePoolParams;
    [FieldOffset(8)] public uint PreferredNode;
    [FieldOffset(0)] private ulong _bits;

    public POOL_EXTENDED_PARAMETER_TYPE Type
    {
        readonly get => (POOL_EXTENDED_PARAMETER_TYPE)BitField.Get(_bits, 0, 8);
        set => _bits = BitField.Set(_bits, 0, 8, (ulong)value);
    }

    public bool Optional
    {
        readonly get => BitField.Get(_bits, 8, 1) != 0;
        set => _bits = BitField.Set(_bits, 8, 1, value ? 1u : 0);
    }
}
