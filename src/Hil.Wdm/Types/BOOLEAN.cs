namespace Hil.Wdm;

/// <summary>A byte that is FALSE when zero and TRUE otherwise; drivers store other values than 1.</summary>
public readonly struct BOOLEAN(byte value) : IEquatable<BOOLEAN>
{
    public readonly byte Value = value;

    public static implicit operator bool(BOOLEAN boolean) => boolean.Value != 0;

    public static implicit operator BOOLEAN(bool value) => new(value ? (byte)1 : (byte)0);

    public static bool operator ==(BOOLEAN left, BOOLEAN right) => left.Equals(right);

    public static bool operator !=(BOOLEAN left, BOOLEAN right) => !left.Equals(right);

    public bool Equals(BOOLEAN other) => (Value != 0) == (other.Value != 0);

    public override bool Equals(object? obj) => obj is BOOLEAN other && Equals(other);

    public override int GetHashCode() => Value != 0 ? 1 : 0;

    public override string ToString() => Value != 0 ? "TRUE" : "FALSE";
}
