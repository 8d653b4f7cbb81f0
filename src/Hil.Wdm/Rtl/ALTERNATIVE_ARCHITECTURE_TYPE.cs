namespace Hil.Wdm;

/// <summary>Standard PC or NEC 98.</summary>
public enum ALTERNATIVE_ARCHITECTURE_TYPE
{
    StandardDesign,
    NEC98x86,
    EndAlternatives,
}
