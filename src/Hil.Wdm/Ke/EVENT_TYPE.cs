namespace Hil.Wdm;

/// <summary>Whether an event stays set or releases one waiter.</summary>
public enum EVENT_TYPE
{
    NotificationEvent,
    SynchronizationEvent,
}
