namespace Hil.Kernel;

// Nobody logs on here: there is no session object that a driver could have, and no state of one ever changes.

public static unsafe partial class Ntoskrnl
{
    private const uint SessionTag = 0x53_65_6F_49; // IoeS

    /// <summary>Asks about a session.</summary>
    /// <returns>STATUS_INVALID_PARAMETER: there is no session object.</returns>
    /// <remarks>WDK: IoGetContainerInformation.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoGetContainerInformation(
        uint informationClass, void* containerObject, void* buffer, uint bufferLength) => STATUS_INVALID_PARAMETER;

    /// <summary>Registers a routine for changes of a session's state.</summary>
    /// <param name="notificationInformation">IO_SESSION_STATE_NOTIFICATION: a file, device or driver object stands for
    /// the caller.</param>
    /// <param name="callbackRegistration">Gets what IoUnregisterContainerNotification takes.</param>
    /// <returns>STATUS_INVALID_PARAMETER for another class, size or no object; STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: IoRegisterContainerNotification.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoRegisterContainerNotification(
        uint notificationClass, DriverRoutine callbackFunction, void* notificationInformation,
        uint notificationInformationLength, void** callbackRegistration)
    {
        const uint SessionStateNotification = 0;
        if (notificationClass != SessionStateNotification || callbackFunction.IsNull
            || notificationInformationLength != sizeof(IO_SESSION_STATE_NOTIFICATION))
            return STATUS_INVALID_PARAMETER;
        IO_SESSION_STATE_NOTIFICATION* asked = PointerCheck.Follow<IO_SESSION_STATE_NOTIFICATION>(
            notificationInformation, "NotificationInformation");
        NtKernel kernel = NtKernel.Current;
        if (asked->Size != sizeof(IO_SESSION_STATE_NOTIFICATION) || kernel.Objects.Find(asked->IoObject) == null)
            return STATUS_INVALID_PARAMETER;
        void* registration = kernel.Pool.Allocate(sizeof(ulong), SessionTag, zero: true);
        if (registration == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        kernel.Io.SessionNotifications.Add((nint)registration);
        *callbackRegistration = registration;
        return STATUS_SUCCESS;
    }

    /// <summary>Undoes IoRegisterContainerNotification; what is no registration is a bug check.</summary>
    /// <remarks>WDK: IoUnregisterContainerNotification.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoUnregisterContainerNotification(void* callbackRegistration)
    {
        NtKernel kernel = NtKernel.Current;
        if (!kernel.Io.SessionNotifications.Remove((nint)callbackRegistration))
            kernel.BugCheck(
                BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, (ulong)callbackRegistration, 0,
                kernel.Processor.DriverRip, 0,
                $"0x{(ulong)callbackRegistration:x} is no registration of IoRegisterContainerNotification (any more)");
        kernel.Pool.Free(callbackRegistration);
    }
}
