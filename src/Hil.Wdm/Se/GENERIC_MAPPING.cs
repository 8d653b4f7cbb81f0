namespace Hil.Wdm;

/// <summary>What generic access rights mean for a type of objects.</summary>
public struct GENERIC_MAPPING
{
    public uint GenericRead;
    public uint GenericWrite;
    public uint GenericExecute;
    public uint GenericAll;
}
