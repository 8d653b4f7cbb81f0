using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>Which extended processor state the system saves.</summary>
[StructLayout(LayoutKind.Explicit)]
public unsafe struct XSTATE_CONFIGURATION
{
    [FieldOffset(0)] public ulong EnabledFeatures;
    [FieldOffset(8)] public ulong EnabledVolatileFeatures;
    [FieldOffset(16)] public uint Size;
    [FieldOffset(20)] public uint ControlFlags;
    [FieldOffset(20)] private uint _bits;
    [FieldOffset(24)] public FeaturesArray Features;
    [FieldOffset(536)] public ulong EnabledSupervisorFeatures;
    [FieldOffset(544)] public ulong AlignedFeatures;
    [FieldOffset(552)] public uint AllFeatureSize;
    [FieldOffset(556)] public fixed uint AllFeatures[64];
    [FieldOffset(816)] public ulong EnabledUserVisibleSupervisorFeatures;

    public uint OptimizedSave
    {
        readonly get => (uint)BitField.Get(_bits, 0, 1);
        set => _bits = (uint)BitField.Set(_bits, 0, 1, value);
    }

    [InlineArray(64)]
    public struct FeaturesArray
    {
        private XSTATE_FEATURE _element0;
    }
}
