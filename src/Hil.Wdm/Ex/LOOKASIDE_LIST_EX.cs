namespace Hil.Wdm;

/// <summary>A lookaside list of either kind of pool, with an allocator that gets the list.</summary>
public struct LOOKASIDE_LIST_EX
{
    public GENERAL_LOOKASIDE_POOL L;
}
