namespace Hil.Wdm;

/// <summary>The priority of an ordinary request.</summary>
public enum IO_PRIORITY_HINT
{
    IoPriorityVeryLow,
    IoPriorityLow,
    IoPriorityNormal,
    IoPriorityHigh,
    IoPriorityCritical,
    MaxIoPriorityTypes,
}
