namespace Hil.Wdm;

/// <summary>How far the start of a processor is.</summary>
public enum KE_PROCESSOR_CHANGE_NOTIFY_STATE
{
    KeProcessorAddStartNotify,
    KeProcessorAddCompleteNotify,
    KeProcessorAddFailureNotify,
}
