namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Initialises an event.</summary>
    /// <remarks>WDK: KeInitializeEvent.</remarks>
    [Export]
    public static void KeInitializeEvent(KEVENT* @event, EVENT_TYPE type, BOOLEAN state)
    {
        KOBJECTS kind = type == EVENT_TYPE.NotificationEvent
            ? KOBJECTS.EventNotificationObject
            : KOBJECTS.EventSynchronizationObject;
        InitializeHeader(&@event->Header, kind, sizeof(KEVENT), state ? 1 : 0);
    }

    /// <summary>Sets an event and releases its waiters: all of a notification event, one of a synchronisation
    /// event.</summary>
    /// <param name="increment">Priority boost for the threads released.</param>
    /// <param name="wait">TRUE if a KeWait… call follows at once: no other thread runs in between.</param>
    /// <returns>Signal state before.</returns>
    /// <remarks>WDK: KeSetEvent.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeSetEvent(KEVENT* @event, int increment, BOOLEAN wait)
    {
        RequireEvent(@event);
        Scheduler scheduler = NtKernel.Current.Scheduler;
        int before = @event->Header.SignalState;
        @event->Header.SignalState = 1;
        if (before == 0)
            scheduler.Signal(&@event->Header, increment);
        if (!wait)
            scheduler.PreemptionPoint();
        return before;
    }

    /// <summary>Clears an event; returns the signal state before.</summary>
    /// <remarks>WDK: KeResetEvent.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeResetEvent(KEVENT* @event)
    {
        RequireEvent(@event);
        int before = @event->Header.SignalState;
        @event->Header.SignalState = 0;
        return before;
    }

    /// <summary>Clears an event.</summary>
    /// <remarks>WDK: KeClearEvent.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void KeClearEvent(KEVENT* @event)
    {
        RequireEvent(@event);
        @event->Header.SignalState = 0;
    }

    /// <summary>Releases those who wait now and leaves the event clear; returns the signal state before.</summary>
    /// <remarks>WDK: KePulseEvent.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KePulseEvent(KEVENT* @event, int increment, BOOLEAN wait)
    {
        RequireEvent(@event);
        Scheduler scheduler = NtKernel.Current.Scheduler;
        int before = @event->Header.SignalState;
        scheduler.Pulse(&@event->Header, increment);
        if (!wait)
            scheduler.PreemptionPoint();
        return before;
    }

    /// <summary>Signal state of an event: non-zero when set.</summary>
    /// <remarks>WDK: KeReadStateEvent.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static int KeReadStateEvent(KEVENT* @event) => @event->Header.SignalState;

    internal static void InitializeHeader(DISPATCHER_HEADER* header, KOBJECTS type, int bytes, int state)
    {
        RequireNoWaiter(header);
        header->Lock = 0;
        header->Type = (byte)type;
        header->Size = (byte)(bytes / sizeof(int));
        header->SignalState = state;
        InitializeListHead(&header->WaitListHead);
    }

    // Windows would lose the waiters for good; a driver that initialises an object again while it is waited for is
    // broken.
    private static void RequireNoWaiter(DISPATCHER_HEADER* header)
    {
        if (NtKernel.Current.Scheduler.HasWaiter(header))
            NtKernel.Current.Violation($"the object at 0x{(ulong)header:x} is initialised while a thread waits for it");
    }

    private static void RequireEvent(KEVENT* @event)
    {
        if (@event->Header.Type > (byte)KOBJECTS.EventSynchronizationObject)
            FailWrongObject(&@event->Header, "an event");
    }

    private static void FailWrongObject(DISPATCHER_HEADER* header, string expected) =>
        NtKernel.Current.BugCheck(
            BugCheckCodes.IRQL_NOT_LESS_OR_EQUAL, (ulong)header, NtKernel.Current.Processor.Irql, 1,
            NtKernel.Current.Processor.DriverRip,
            $"0x{(ulong)header:x} was used as {expected}, but is none (type {header->Type}): never initialised, or "
            + "overwritten");
}
