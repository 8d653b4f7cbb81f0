namespace Hil.Wdm;

/// <summary>Where in the queue a DPC goes.</summary>
public enum KDPC_IMPORTANCE
{
    LowImportance,
    MediumImportance,
    HighImportance,
    MediumHighImportance,
}
