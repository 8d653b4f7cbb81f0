namespace Hil.Wdm;

/// <summary>How badly a system mapping is wanted.</summary>
public enum MM_PAGE_PRIORITY
{
    LowPagePriority,
    NormalPagePriority = 16,
    HighPagePriority = 32,
}
