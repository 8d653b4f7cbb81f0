namespace Hil.Wdm;

/// <summary>How much memory a system has.</summary>
public enum MM_SYSTEMSIZE
{
    MmSmallSystem,
    MmMediumSystem,
    MmLargeSystem,
}
