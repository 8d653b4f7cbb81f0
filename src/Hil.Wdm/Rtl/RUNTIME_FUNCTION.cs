namespace Hil.Wdm;

/// <summary>One entry of an image's exception table (.pdata), in RVAs.</summary>
public struct RUNTIME_FUNCTION
{
    public uint BeginAddress;
    public uint EndAddress;
    public uint UnwindData;
}
