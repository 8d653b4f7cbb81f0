namespace Hil.Wdm;

/// <summary>What ZwQueryEvent tells.</summary>
public struct EVENT_BASIC_INFORMATION
{
    public EVENT_TYPE EventType;
    public int EventState;
}
