using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A device's queue of waiting requests, and whether the device is busy.</summary>
[StructLayout(LayoutKind.Explicit)]
public struct KDEVICE_QUEUE
{
    [FieldOffset(0)] public short Type;
    [FieldOffset(2)] public short Size;
    [FieldOffset(8)] public LIST_ENTRY DeviceListHead;
    [FieldOffset(24)] public KSPIN_LOCK Lock;
    [FieldOffset(32)] public BOOLEAN Busy;
    [FieldOffset(32)] private ulong _bits;

    public ulong Reserved
    {
        readonly get => BitField.Get(_bits, 0, 8);
        set => _bits = BitField.Set(_bits, 0, 8, value);
    }

    public ulong Hint
    {
        readonly get => BitField.Get(_bits, 8, 56);
        set => _bits = BitField.Set(_bits, 8, 56, value);
    }
}
