using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>Which system transition a power IRP belongs to.</summary>
[StructLayout(LayoutKind.Explicit)]
public struct SYSTEM_POWER_STATE_CONTEXT
{
    [FieldOffset(0)] public uint ContextAsUlong;
    [FieldOffset(0)] private uint _bits;

    public uint Reserved1
    {
        readonly get => (uint)BitField.Get(_bits, 0, 8);
        set => _bits = (uint)BitField.Set(_bits, 0, 8, value);
    }

    public uint TargetSystemState
    {
        readonly get => (uint)BitField.Get(_bits, 8, 4);
        set => _bits = (uint)BitField.Set(_bits, 8, 4, value);
    }

    public uint EffectiveSystemState
    {
        readonly get => (uint)BitField.Get(_bits, 12, 4);
        set => _bits = (uint)BitField.Set(_bits, 12, 4, value);
    }

    public uint CurrentSystemState
    {
        readonly get => (uint)BitField.Get(_bits, 16, 4);
        set => _bits = (uint)BitField.Set(_bits, 16, 4, value);
    }

    public uint IgnoreHibernationPath
    {
        readonly get => (uint)BitField.Get(_bits, 20, 1);
        set => _bits = (uint)BitField.Set(_bits, 20, 1, value);
    }

    public uint PseudoTransition
    {
        readonly get => (uint)BitField.Get(_bits, 21, 1);
        set => _bits = (uint)BitField.Set(_bits, 21, 1, value);
    }

    public uint Reserved2
    {
        readonly get => (uint)BitField.Get(_bits, 22, 10);
        set => _bits = (uint)BitField.Set(_bits, 22, 10, value);
    }
}
