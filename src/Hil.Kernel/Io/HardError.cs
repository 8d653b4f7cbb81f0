namespace Hil.Kernel;

// Hard errors are for a user who can insert a disk or choose "ignore". Nobody sits here who could.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Tells the user of an error that only he can put right. The request is completed with its status, as
    /// when he gives up.</summary>
    /// <remarks>WDK: IoRaiseHardError.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static void IoRaiseHardError(IRP* irp, VPB* vpb, DEVICE_OBJECT* realDeviceObject) =>
        IofCompleteRequest(irp, IO_NO_INCREMENT);

    /// <summary>Shows the user a message.</summary>
    /// <returns>FALSE: the message could not be queued for anybody. It is in the event log of the run.</returns>
    /// <remarks>WDK: IoRaiseInformationalHardError.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN IoRaiseInformationalHardError(NTSTATUS errorStatus, UNICODE_STRING* @string, KTHREAD* thread)
    {
        NtKernel.Current.Events.Add(
            KernelEventKind.ErrorLog, (uint)errorStatus.Value, text:
            $"message for the user: {errorStatus} {DriverString.Read(@string)}");
        return false;
    }

    /// <summary>Turns hard errors of the running thread on or off; returns whether they were on.</summary>
    /// <remarks>WDK: IoSetThreadHardErrorMode.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN IoSetThreadHardErrorMode(BOOLEAN enableHardErrors)
    {
        KernelThread thread = NtKernel.Current.Scheduler.CurrentThread;
        bool before = thread.HasHardErrors;
        thread.HasHardErrors = enableHardErrors;
        return before;
    }

    /// <summary>The device whose medium a thread waits for, or null.</summary>
    /// <remarks>WDK: IoGetDeviceToVerify.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static DEVICE_OBJECT* IoGetDeviceToVerify(KTHREAD* thread) => RequireThread(thread).DeviceToVerify;

    /// <summary>Sets the device whose medium a thread waits for.</summary>
    /// <remarks>WDK: IoSetDeviceToVerify.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoSetDeviceToVerify(KTHREAD* thread, DEVICE_OBJECT* deviceObject) =>
        RequireThread(thread).DeviceToVerify = deviceObject;

    /// <summary>Whether a status says that a whole device has failed, not a sector of it.</summary>
    /// <remarks>WDK: FsRtlIsTotalDeviceFailure. STATUS_DEVICE_DATA_ERROR and STATUS_CRC_ERROR are a sector's.</remarks>
    [Export]
    public static BOOLEAN FsRtlIsTotalDeviceFailure(NTSTATUS status) =>
        !status.IsSuccess && status != STATUS_DEVICE_DATA_ERROR && status != STATUS_CRC_ERROR;
}
