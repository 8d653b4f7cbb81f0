namespace Hil.Wdm;

/// <summary>What the compare routine of a generic table says of its first element.</summary>
public enum RTL_GENERIC_COMPARE_RESULTS
{
    GenericLessThan,
    GenericGreaterThan,
    GenericEqual,
}
