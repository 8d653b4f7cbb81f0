namespace Hil.Wdm;

/// <summary>Whether a timer stays set or releases one waiter.</summary>
public enum TIMER_TYPE
{
    NotificationTimer,
    SynchronizationTimer,
}
