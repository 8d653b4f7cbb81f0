namespace Hil.Wdm;

/// <summary>Bit fields as the Microsoft compiler lays them out: from the low bit up, within one unit.</summary>
internal static class BitField
{
    public static ulong Get(ulong unit, int bit, int bits) => (unit >> bit) & Mask(bits);

    public static ulong Set(ulong unit, int bit, int bits, ulong value) =>
        (unit & ~(Mask(bits) << bit)) | ((value & Mask(bits)) << bit);

    private static ulong Mask(int bits) => (1UL << bits) - 1;
}
