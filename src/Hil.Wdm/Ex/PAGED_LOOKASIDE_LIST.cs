namespace Hil.Wdm;

/// <summary>A lookaside list of paged pool.</summary>
public struct PAGED_LOOKASIDE_LIST
{
    public GENERAL_LOOKASIDE L;
}
