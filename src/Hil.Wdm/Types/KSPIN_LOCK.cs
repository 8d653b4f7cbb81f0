namespace Hil.Wdm;

/// <summary>A spin lock; zero is free. A type of its own, so that KSPIN_LOCK* says what it points at.</summary>
public struct KSPIN_LOCK
{
    public nuint Value;
}
