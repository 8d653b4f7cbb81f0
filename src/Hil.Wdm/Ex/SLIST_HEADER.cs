using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>The head of an interlocked list; 16-byte aligned.</summary>
[StructLayout(LayoutKind.Explicit)]
public struct SLIST_HEADER
{
    [FieldOffset(0)] public ulong Alignment;
    [FieldOffset(8)] public ulong Region;
    [FieldOffset(0)] public Header8Bits Header8;
    [FieldOffset(0)] public Header16Bits Header16;
    [FieldOffset(0)] public HeaderX64Bits HeaderX64;

    public struct Header8Bits
    {
        private ulong _bits1;
        private ulong _bits2;

        public ulong Depth
        {
            readonly get => BitField.Get(_bits1, 0, 16);
            set => _bits1 = BitField.Set(_bits1, 0, 16, value);
        }

        public ulong Sequence
        {
            readonly get => BitField.Get(_bits1, 16, 9);
            set => _bits1 = BitField.Set(_bits1, 16, 9, value);
        }

        public ulong NextEntry
        {
            readonly get => BitField.Get(_bits1, 25, 39);
            set => _bits1 = BitField.Set(_bits1, 25, 39, value);
        }

        public ulong HeaderType
        {
            readonly get => BitField.Get(_bits2, 0, 1);
            set => _bits2 = BitField.Set(_bits2, 0, 1, value);
        }

        public ulong Init
        {
            readonly get => BitField.Get(_bits2, 1, 1);
            set => _bits2 = BitField.Set(_bits2, 1, 1, value);
        }

        public ulong Reserved
        {
            readonly get => BitField.Get(_bits2, 2, 59);
            set => _bits2 = BitField.Set(_bits2, 2, 59, value);
        }

        public ulong Region
        {
            readonly get => BitField.Get(_bits2, 61, 3);
            set => _bits2 = BitField.Set(_bits2, 61, 3, value);
        }
    }

    public struct Header16Bits
    {
        private ulong _bits1;
        private ulong _bits2;

        public ulong Depth
        {
            readonly get => BitField.Get(_bits1, 0, 16);
            set => _bits1 = BitField.Set(_bits1, 0, 16, value);
        }

        public ulong Sequence
        {
            readonly get => BitField.Get(_bits1, 16, 48);
            set => _bits1 = BitField.Set(_bits1, 16, 48, value);
        }

        public ulong HeaderType
        {
            readonly get => BitField.Get(_bits2, 0, 1);
            set => _bits2 = BitField.Set(_bits2, 0, 1, value);
        }

        public ulong Init
        {
            readonly get => BitField.Get(_bits2, 1, 1);
            set => _bits2 = BitField.Set(_bits2, 1, 1, value);
        }

        public ulong Reserved
        {
            readonly get => BitField.Get(_bits2, 2, 2);
            set => _bits2 = BitField.Set(_bits2, 2, 2, value);
        }

        public ulong NextEntry
        {
            readonly get => BitField.Get(_bits2, 4, 60);
            set => _bits2 = BitField.Set(_bits2, 4, 60, value);
        }
    }

    public struct HeaderX64Bits
    {
        private ulong _bits1;
        private ulong _bits2;

        public ulong Depth
        {
            readonly get => BitField.Get(_bits1, 0, 16);
            set => _bits1 = BitField.Set(_bits1, 0, 16, value);
        }

        public ulong Sequence
        {
            readonly get => BitField.Get(_bits1, 16, 48);
            set => _bits1 = BitField.Set(_bits1, 16, 48, value);
        }

        public ulong HeaderType
        {
            readonly get => BitField.Get(_bits2, 0, 1);
            set => _bits2 = BitField.Set(_bits2, 0, 1, value);
        }

        public ulong Reserved
        {
            readonly get => BitField.Get(_bits2, 1, 3);
            set => _bits2 = BitField.Set(_bits2, 1, 3, value);
        }

        public ulong NextEntry
        {
            readonly get => BitField.Get(_bits2, 4, 60);
            set => _bits2 = BitField.Set(_bits2, 4, 60, value);
        }
    }
}
