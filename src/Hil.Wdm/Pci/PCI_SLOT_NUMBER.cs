using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>A device and function number on a PCI bus.</summary>
public struct PCI_SLOT_NUMBER
{
    public SlotUnion u;

    [StructLayout(LayoutKind.Explicit)]
    public struct SlotUnion
    {
        [FieldOffset(0)] public uint AsULONG;
        [FieldOffset(0)] public SlotBits bits;

        public struct SlotBits
        {
            private uint _bits;

            public uint DeviceNumber
            {
                readonly get => (uint)BitField.Get(_bits, 0, 5);
                set => _bits = (uint)BitField.Set(_bits, 0, 5, value);
            }

            public uint FunctionNumber
            {
                readonly get => (uint)BitField.Get(_bits, 5, 3);
                set => _bits = (uint)BitField.Set(_bits, 5, 3, value);
            }

            public uint Reserved
            {
                readonly get => (uint)BitField.Get(_bits, 8, 24);
                set => _bits = (uint)BitField.Set(_bits, 8, 24, value);
            }
        }
    }
}
