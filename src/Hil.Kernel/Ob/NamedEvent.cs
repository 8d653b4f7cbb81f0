namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint EventTag = 0x6E_65_76_45; // Even

    /// <summary>Creates or opens a named notification event, at first set.</summary>
    /// <param name="eventName">Full path; null for an event without a name.</param>
    /// <returns>Null on failure; else the event, for as long as the handle is open.</returns>
    /// <remarks>WDK: IoCreateNotificationEvent.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static KEVENT* IoCreateNotificationEvent(UNICODE_STRING* eventName, void** eventHandle) =>
        CreateIoEvent(eventName, EVENT_TYPE.NotificationEvent, eventHandle);

    /// <summary>As IoCreateNotificationEvent, with a synchronisation event.</summary>
    /// <remarks>WDK: IoCreateSynchronizationEvent.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static KEVENT* IoCreateSynchronizationEvent(UNICODE_STRING* eventName, void** eventHandle) =>
        CreateIoEvent(eventName, EVENT_TYPE.SynchronizationEvent, eventHandle);

    /// <summary>Creates an event that a handle names.</summary>
    /// <param name="objectAttributes">May be null: an event without a name.</param>
    /// <returns>STATUS_OBJECT_NAME_EXISTS for an event that was there and OBJ_OPENIF, STATUS_OBJECT_NAME_COLLISION
    /// without.</returns>
    /// <remarks>WDK: ZwCreateEvent.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwCreateEvent(
        void** eventHandle,
        uint desiredAccess,
        OBJECT_ATTRIBUTES* objectAttributes,
        EVENT_TYPE eventType,
        BOOLEAN initialState)
    {
        string path = "";
        bool mayExist = objectAttributes != null && (objectAttributes->Attributes & OBJ_OPENIF) != 0;
        NTSTATUS status = objectAttributes == null
            ? STATUS_SUCCESS
            : PathOf(NtKernel.Current, objectAttributes, out path);
        if (!status.IsSuccess)
            return status;
        status = CreateEvent(path, eventType, initialState, mayExist, out KernelObject? created);
        if (status.IsSuccess)
            *eventHandle = OpenOnly(created!, desiredAccess);
        return status;
    }

    /// <summary>Opens an event that has a name.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwOpenEvent.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwOpenEvent(void** eventHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes) =>
        OpenNamed(objectAttributes, ObjectType.Event, desiredAccess, eventHandle);

    /// <summary>Sets the event of a handle.</summary>
    /// <returns>STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwSetEvent.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwSetEvent(void* eventHandle, int* previousState)
    {
        return ChangeEvent(eventHandle, previousState, &Set);

        static int Set(KEVENT* @event) => KeSetEvent(@event, EVENT_INCREMENT, false);
    }

    /// <summary>Clears the event of a handle.</summary>
    /// <returns>STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwClearEvent.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwClearEvent(void* eventHandle)
    {
        NTSTATUS status = EventOf(eventHandle, out KEVENT* @event);
        if (status.IsSuccess)
            KeClearEvent(@event);
        return status;
    }

    /// <summary>Clears the event of a handle.</summary>
    /// <param name="previousState">Gets whether it was set; may be null.</param>
    /// <returns>STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: none; ntifs.h of some kits declares it.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwResetEvent(void* eventHandle, int* previousState) =>
        ChangeEvent(eventHandle, previousState, &KeResetEvent);

    /// <summary>Releases those who wait for the event of a handle now, and leaves it clear.</summary>
    /// <inheritdoc cref="ZwResetEvent"/>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwPulseEvent(void* eventHandle, int* previousState)
    {
        return ChangeEvent(eventHandle, previousState, &Pulse);

        static int Pulse(KEVENT* @event) => KePulseEvent(@event, EVENT_INCREMENT, false);
    }

    /// <summary>Tells type and state of the event of a handle.</summary>
    /// <param name="eventInformationClass">0: EventBasicInformation.</param>
    /// <param name="returnLength">Gets the bytes of the answer; may be null.</param>
    /// <returns>STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH for a buffer of another size,
    /// STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwQueryEvent.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQueryEvent(
        void* eventHandle, uint eventInformationClass, EVENT_BASIC_INFORMATION* eventInformation,
        uint eventInformationLength, uint* returnLength)
    {
        if (eventInformationClass != 0)
            return STATUS_INVALID_INFO_CLASS;
        if (eventInformationLength != sizeof(EVENT_BASIC_INFORMATION))
            return STATUS_INFO_LENGTH_MISMATCH;
        NTSTATUS status = EventOf(eventHandle, out KEVENT* @event);
        if (!status.IsSuccess)
            return status;
        bool isNotification = @event->Header.Type == (byte)KOBJECTS.EventNotificationObject;
        *eventInformation = new EVENT_BASIC_INFORMATION
        {
            EventType = isNotification ? EVENT_TYPE.NotificationEvent : EVENT_TYPE.SynchronizationEvent,
            EventState = KeReadStateEvent(@event),
        };
        if (returnLength != null)
            *returnLength = (uint)sizeof(EVENT_BASIC_INFORMATION);
        return STATUS_SUCCESS;
    }

    private static KEVENT* CreateIoEvent(UNICODE_STRING* eventName, EVENT_TYPE type, void** eventHandle)
    {
        NTSTATUS status = CreateEvent(
            DriverString.Read(eventName), type, isSet: true, mayExist: true, out KernelObject? created);
        if (!status.IsSuccess)
            return null;
        *eventHandle = OpenOnly(created!, GENERIC_ALL);
        return (KEVENT*)created!.Address;
    }

    private static NTSTATUS CreateEvent(
        string path, EVENT_TYPE type, bool isSet, bool mayExist, out KernelObject? created)
    {
        NtKernel kernel = NtKernel.Current;
        created = path.Length == 0 ? null : kernel.Objects.Names.Find(path);
        if (created != null)
        {
            if (!mayExist || created.Type != ObjectType.Event)
                return created.Type == ObjectType.Event ? STATUS_OBJECT_NAME_COLLISION : STATUS_OBJECT_TYPE_MISMATCH;
            kernel.Objects.Reference(created);
            return STATUS_OBJECT_NAME_EXISTS;
        }

        var @event = (KEVENT*)kernel.Pool.Allocate((nuint)sizeof(KEVENT), EventTag, zero: true);
        if (@event == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        KeInitializeEvent(@event, type, isSet);
        created = kernel.Objects.Add(ObjectType.Event, @event, deleted: FreeEvent);
        NTSTATUS status = path.Length == 0 ? STATUS_SUCCESS : kernel.Objects.Names.Insert(path, created);
        if (!status.IsSuccess)
            kernel.Objects.Dereference(created);
        return status;
    }

    private static void FreeEvent(KernelObject gone) => NtKernel.Current.Pool.Free((void*)gone.Address);

    // The handle's reference takes the place of the creator's.
    private static void* OpenOnly(KernelObject created, uint access)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        ulong handle = objects.Handles.Open(created, access);
        objects.Dereference(created);
        return (void*)handle;
    }

    private static NTSTATUS EventOf(void* handle, out KEVENT* @event)
    {
        NTSTATUS status = ObjectOf(handle, ObjectType.Event, out KernelObject? target);
        @event = status.IsSuccess ? (KEVENT*)target!.Address : null;
        return status;
    }

    private static NTSTATUS ChangeEvent(void* handle, int* previousState, delegate*<KEVENT*, int> change)
    {
        NTSTATUS status = EventOf(handle, out KEVENT* @event);
        if (!status.IsSuccess)
            return status;
        int before = change(@event);
        if (previousState != null)
            *previousState = before;
        return STATUS_SUCCESS;
    }
}
