namespace Hil.Wdm;

/// <summary>A lookaside list of nonpaged pool.</summary>
public struct NPAGED_LOOKASIDE_LIST
{
    public GENERAL_LOOKASIDE L;
}
