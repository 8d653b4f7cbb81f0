namespace Hil.Kernel;

// A timer that a handle names is a KTIMER in pool. There are no asynchronous procedure calls here, so one with a timer
// routine cannot be set; its waiters are served as those of any timer.

public static unsafe partial class Ntoskrnl
{
    private const uint TimerTag = 0x65_6D_69_54; // Time

    /// <summary>Creates a timer that a handle names.</summary>
    /// <param name="objectAttributes">May be null: a timer without a name.</param>
    /// <returns>STATUS_OBJECT_NAME_EXISTS for a timer that was there and OBJ_OPENIF, STATUS_OBJECT_NAME_COLLISION
    /// without; STATUS_INVALID_PARAMETER_4 for an unknown type; STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: ZwCreateTimer.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwCreateTimer(
        void** timerHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes, TIMER_TYPE timerType)
    {
        if (timerType is not (TIMER_TYPE.NotificationTimer or TIMER_TYPE.SynchronizationTimer))
            return STATUS_INVALID_PARAMETER_4;
        NTSTATUS status = FindBeforeCreation(
            objectAttributes, ObjectType.Timer, desiredAccess, timerHandle, out string path);
        if (status != STATUS_SUCCESS)
            return status;
        NtKernel kernel = NtKernel.Current;
        var timer = (KTIMER*)kernel.Pool.Allocate((nuint)sizeof(KTIMER), TimerTag, zero: true);
        if (timer == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        KeInitializeTimerEx(timer, timerType);
        KernelObject created = kernel.Objects.Add(ObjectType.Timer, timer, deleted: FreeTimer);
        return OpenCreated(created, path, objectAttributes, desiredAccess, timerHandle);
    }

    /// <summary>Opens a timer that has a name.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwOpenTimer.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwOpenTimer(void** timerHandle, uint desiredAccess, OBJECT_ATTRIBUTES* objectAttributes) =>
        OpenNamed(objectAttributes, ObjectType.Timer, desiredAccess, timerHandle);

    /// <summary>Sets the timer of a handle, again if it is set already.</summary>
    /// <param name="dueTime">100 ns units; negative is relative, else system time.</param>
    /// <param name="resumeTimer">TRUE is answered with STATUS_TIMER_RESUME_IGNORED: no timer wakes the system.</param>
    /// <param name="period">Milliseconds; zero for once.</param>
    /// <param name="previousState">Gets whether the timer was signalled; may be null.</param>
    /// <returns>STATUS_NOT_SUPPORTED with a timer routine; STATUS_INVALID_PARAMETER_6 for a negative period;
    /// STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwSetTimer.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwSetTimer(
        void* timerHandle,
        long* dueTime,
        DriverRoutine timerApcRoutine,
        void* timerContext,
        BOOLEAN resumeTimer,
        int period,
        BOOLEAN* previousState)
    {
        if (period < 0)
            return STATUS_INVALID_PARAMETER_6;
        NTSTATUS status = TimerOf(timerHandle, out KTIMER* timer);
        if (status.IsSuccess)
            status = SetHandled(timer, *dueTime, timerApcRoutine, period, previousState);
        return status == STATUS_SUCCESS && resumeTimer ? STATUS_TIMER_RESUME_IGNORED : status;
    }

    /// <summary>Sets the timer of a handle, as a structure describes it.</summary>
    /// <param name="timerSetInformation">TIMER_SET_COALESCABLE_TIMER_INFO: Hil expires on time, whatever delay it
    /// tolerates. A wake context is not looked at.</param>
    /// <returns>STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER for a period beyond
    /// MAXLONG; else as ZwSetTimer.</returns>
    /// <remarks>WDK: ZwSetTimerEx.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwSetTimerEx(
        void* timerHandle, uint timerSetInformationClass, void* timerSetInformation, uint timerSetInformationLength)
    {
        const uint TimerSetCoalescableTimer = 0;
        if (timerSetInformationClass != TimerSetCoalescableTimer)
            return STATUS_INVALID_INFO_CLASS;
        if (timerSetInformationLength != sizeof(TIMER_SET_COALESCABLE_TIMER_INFO))
            return STATUS_INFO_LENGTH_MISMATCH;
        TIMER_SET_COALESCABLE_TIMER_INFO* asked = PointerCheck.Follow<TIMER_SET_COALESCABLE_TIMER_INFO>(
            timerSetInformation, "TimerSetInformation");
        if (asked->Period > int.MaxValue)
            return STATUS_INVALID_PARAMETER;
        NTSTATUS status = TimerOf(timerHandle, out KTIMER* timer);
        if (!status.IsSuccess)
            return status;
        BOOLEAN* previous = asked->PreviousState == null
            ? null
            : PointerCheck.Follow<BOOLEAN>(asked->PreviousState, "TimerSetInformation->PreviousState");
        return SetHandled(
            timer, asked->DueTime.QuadPart, asked->TimerApcRoutine, (int)asked->Period, previous);
    }

    /// <summary>Takes the timer of a handle out of the timer queue.</summary>
    /// <param name="currentState">Gets whether the timer is signalled; may be null.</param>
    /// <returns>STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwCancelTimer.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwCancelTimer(void* timerHandle, BOOLEAN* currentState)
    {
        NTSTATUS status = TimerOf(timerHandle, out KTIMER* timer);
        if (!status.IsSuccess)
            return status;
        KeCancelTimer(timer);
        if (currentState != null)
            *currentState = KeReadStateTimer(timer);
        return STATUS_SUCCESS;
    }

    private static NTSTATUS SetHandled(
        KTIMER* timer, long dueTime, DriverRoutine apcRoutine, int period, BOOLEAN* previousState)
    {
        if (!apcRoutine.IsNull)
            return STATUS_NOT_SUPPORTED;
        BOOLEAN before = KeReadStateTimer(timer);
        KeSetTimerEx(timer, dueTime, period, null);
        if (previousState != null)
            *previousState = before;
        return STATUS_SUCCESS;
    }

    private static void FreeTimer(KernelObject gone)
    {
        KeCancelTimer((KTIMER*)gone.Address);
        NtKernel.Current.Pool.Free((void*)gone.Address);
    }

    private static NTSTATUS TimerOf(void* handle, out KTIMER* timer)
    {
        KernelObject? target = NtKernel.Current.Objects.Handles.Find((ulong)handle);
        timer = target is { Type: ObjectType.Timer } ? (KTIMER*)target.Address : null;
        return target == null ? STATUS_INVALID_HANDLE : timer == null ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_SUCCESS;
    }
}
