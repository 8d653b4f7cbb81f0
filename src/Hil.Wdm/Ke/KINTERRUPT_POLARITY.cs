namespace Hil.Wdm;

/// <summary>When a line counts as asserted.</summary>
public enum KINTERRUPT_POLARITY
{
    InterruptPolarityUnknown,
    InterruptActiveHigh,
    InterruptRisingEdge = 1,
    InterruptActiveLow,
    InterruptFallingEdge = 2,
    InterruptActiveBoth,
    InterruptActiveBothTriggerLow = 3,
    InterruptActiveBothTriggerHigh,
}
