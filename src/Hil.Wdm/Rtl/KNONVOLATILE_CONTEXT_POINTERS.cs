namespace Hil.Wdm;

/// <summary>Where a function has saved its caller's registers, by register number; 0 where it has not.</summary>
public unsafe struct KNONVOLATILE_CONTEXT_POINTERS
{
    public fixed ulong FloatingContext[16];
    public fixed ulong IntegerContext[16];
}
