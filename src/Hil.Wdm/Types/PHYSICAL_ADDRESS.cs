namespace Hil.Wdm;

/// <summary>An address on the processor's or the device's side of the bus; a LARGE_INTEGER in C.</summary>
public struct PHYSICAL_ADDRESS(ulong value) : IEquatable<PHYSICAL_ADDRESS>
{
    public long QuadPart = (long)value;

    public ulong Value
    {
        readonly get => (ulong)QuadPart;
        set => QuadPart = (long)value;
    }

    public static bool operator ==(PHYSICAL_ADDRESS left, PHYSICAL_ADDRESS right) => left.Equals(right);

    public static bool operator !=(PHYSICAL_ADDRESS left, PHYSICAL_ADDRESS right) => !left.Equals(right);

    public readonly bool Equals(PHYSICAL_ADDRESS other) => QuadPart == other.QuadPart;

    public override readonly bool Equals(object? obj) => obj is PHYSICAL_ADDRESS other && Equals(other);

    public override readonly int GetHashCode() => QuadPart.GetHashCode();

    public override readonly string ToString() => $"0x{Value:X}";
}
