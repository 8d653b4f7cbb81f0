namespace Hil.Kernel;

// Serialised I/O: a device whose driver has a StartIo routine works on one IRP at a time. DeviceQueue.Busy says that
// one is being worked on, CurrentIrp which. IoStartPacket offers an IRP; the DPC that finishes one calls
// IoStartNextPacket for the next. The cancel spin lock guards CurrentIrp and the queue for drivers that let their
// IRPs be cancelled (cancelable = TRUE).
//
// Deferral: with IoSetStartIoAttributes(DeferredStartIo), a request for the next packet made *inside* StartIo is only
// noted; it is carried out after StartIo has returned, so a driver that fails ten thousand IRPs in a row needs one
// stack frame, not ten thousand. A device has one such note (its extension holds one key and one flag word): a second
// request made in the same StartIo call would start two IRPs for one that ended, so it replaces the first and is
// reported.

public static unsafe partial class Ntoskrnl
{
    private static readonly int s_queueEntryOffset = FindQueueEntryOffset();

    /// <summary>Starts an IRP on an idle device, or queues it behind the current one.</summary>
    /// <param name="key">Null queues at the tail; otherwise ascending key order, equal keys in arrival order.</param>
    /// <param name="cancelFunction">Cancel routine for as long as the IRP can be cancelled; may be null.</param>
    /// <remarks>WDK: IoStartPacket. An IRP that is already cancelled goes to its cancel routine only if it had to be
    /// queued; on an idle device StartIo gets it and looks at Irp->Cancel itself.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoStartPacket(DEVICE_OBJECT* deviceObject, IRP* irp, uint* key, DriverRoutine cancelFunction)
    {
        RequireStartIo(deviceObject);
        KIRQL callerIrql = RaiseTo(DISPATCH_LEVEL);
        KIRQL cancelIrql = default;
        if (!cancelFunction.IsNull)
        {
            IoAcquireCancelSpinLock(&cancelIrql);
            irp->CancelRoutine = cancelFunction;
        }

        if (TryQueue(deviceObject, irp, key))
            SettleCancel(deviceObject, irp, cancelFunction, cancelIrql);
        else
            StartNow(deviceObject, irp, cancelFunction, cancelIrql);

        KeLowerIrql(callerIrql);
    }

    /// <summary>Takes the next IRP, if any, from the device queue and calls StartIo with it.</summary>
    /// <param name="cancelable">TRUE if IRPs were queued with a cancel routine: the dequeue then holds the cancel
    /// spin lock.</param>
    /// <remarks>WDK: IoStartNextPacket. Leaves the device idle, CurrentIrp null, when the queue is empty.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static void IoStartNextPacket(DEVICE_OBJECT* deviceObject, BOOLEAN cancelable) =>
        RequestNext(deviceObject, new NextPacket(cancelable));

    /// <summary>As IoStartNextPacket, but takes the first IRP whose key is at or above <paramref
    /// name="key"/>.</summary>
    /// <remarks>WDK: IoStartNextPacketByKey. If none is, the head of the queue, as KeRemoveByKeyDeviceQueue
    /// does.</remarks>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static void IoStartNextPacketByKey(DEVICE_OBJECT* deviceObject, BOOLEAN cancelable, uint key) =>
        RequestNext(deviceObject, new NextPacket(cancelable, key));

    /// <summary>Chooses how a device's StartIo is called.</summary>
    /// <param name="deferredStartIo">TRUE: a request for the next packet waits until StartIo has returned.</param>
    /// <param name="nonCancelable">TRUE: an IRP loses its cancel routine before StartIo gets it.</param>
    /// <remarks>WDK: IoSetStartIoAttributes.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoSetStartIoAttributes(
        DEVICE_OBJECT* deviceObject, BOOLEAN deferredStartIo, BOOLEAN nonCancelable) =>
        StartIoState.Of(deviceObject).Choose(deferredStartIo, nonCancelable);

    private static bool TryQueue(DEVICE_OBJECT* deviceObject, IRP* irp, uint* key)
    {
        KDEVICE_QUEUE_ENTRY* entry = &irp->Tail.Overlay.DeviceQueueEntry;
        BOOLEAN isQueued = key == null
            ? KeInsertDeviceQueue(&deviceObject->DeviceQueue, entry)
            : KeInsertByKeyDeviceQueue(&deviceObject->DeviceQueue, entry, *key);
        if (isQueued)
            NtKernel.Current.Events.Add(KernelEventKind.IrpQueued, (ulong)irp, (ulong)deviceObject);
        return isQueued;
    }

    // The cancel spin lock, if there is a cancel function, is held on entry. An IRP that was cancelled before it
    // could be queued has missed its call: it is made here.
    private static void SettleCancel(
        DEVICE_OBJECT* deviceObject, IRP* irp, DriverRoutine cancelFunction, KIRQL cancelIrql)
    {
        if (cancelFunction.IsNull)
            return;
        if (!irp->Cancel)
        {
            IoReleaseCancelSpinLock(cancelIrql);
            return;
        }
        irp->CancelRoutine = default;
        CallCancelRoutine(NtKernel.Current, deviceObject, irp, cancelFunction, cancelIrql);
    }

    private static void StartNow(DEVICE_OBJECT* deviceObject, IRP* irp, DriverRoutine cancelFunction, KIRQL cancelIrql)
    {
        deviceObject->CurrentIrp = irp;
        if (!cancelFunction.IsNull)
        {
            if (StartIoState.Of(deviceObject).IsNonCancelable)
                irp->CancelRoutine = default;
            IoReleaseCancelSpinLock(cancelIrql);
        }
        RunStartIo(deviceObject, irp);
    }

    private static void RequestNext(DEVICE_OBJECT* deviceObject, NextPacket request)
    {
        RequireStartIo(deviceObject);
        StartIoState state = StartIoState.Of(deviceObject);
        if (!state.IsDeferred || !state.IsInsideStartIo)
            StartNext(deviceObject, request);
        else if (!state.Defer(request))
            NtKernel.Current.Violation("StartIo asked twice for the next packet; the device has one current IRP");
    }

    private static void StartNext(DEVICE_OBJECT* deviceObject, NextPacket request)
    {
        IRP* irp = MakeNextCurrent(deviceObject, request);
        if (irp != null)
            RunStartIo(deviceObject, irp);
    }

    private static IRP* MakeNextCurrent(DEVICE_OBJECT* deviceObject, NextPacket request)
    {
        KIRQL cancelIrql = default;
        if (request.Cancelable)
            IoAcquireCancelSpinLock(&cancelIrql);

        IRP* irp = Dequeue(deviceObject, request);
        deviceObject->CurrentIrp = irp;
        if (request.Cancelable)
        {
            if (irp != null && StartIoState.Of(deviceObject).IsNonCancelable)
                irp->CancelRoutine = default;
            IoReleaseCancelSpinLock(cancelIrql);
        }
        return irp;
    }

    private static IRP* Dequeue(DEVICE_OBJECT* deviceObject, NextPacket request)
    {
        KDEVICE_QUEUE_ENTRY* entry = request.Key == null
            ? KeRemoveDeviceQueue(&deviceObject->DeviceQueue)
            : KeRemoveByKeyDeviceQueue(&deviceObject->DeviceQueue, request.Key.Value);
        return entry == null ? null : CONTAINING_RECORD<IRP>(entry, s_queueEntryOffset);
    }

    // Runs StartIo, then what it asked for while it ran: this loop is the deferral, in place of recursion.
    private static void RunStartIo(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        StartIoState state = StartIoState.Of(deviceObject);
        while (irp != null)
        {
            state.Enter();
            CallStartIo(deviceObject, irp);
            state.Leave();
            irp = state.TryTakeDeferred(out NextPacket request) ? MakeNextCurrent(deviceObject, request) : null;
        }
    }

    private static void CallStartIo(DEVICE_OBJECT* deviceObject, IRP* irp)
    {
        NtKernel kernel = NtKernel.Current;
        RequireHostStack();
        kernel.Events.Add(KernelEventKind.StartIo, (ulong)irp, (ulong)deviceObject);
        ulong outer = kernel.Io.EnterIrp(irp);
        kernel.Processor.Call(deviceObject->DriverObject->DriverStartIo, deviceObject, irp);
        kernel.Io.LeaveIrp(outer);
        kernel.Events.Add(KernelEventKind.StartIoReturned, (ulong)irp, (ulong)deviceObject);
    }

    private static int FindQueueEntryOffset()
    {
        IRP irp = default;
        return (int)((byte*)&irp.Tail.Overlay.DeviceQueueEntry - (byte*)&irp);
    }

    // Windows calls through the null pointer.
    private static void RequireStartIo(DEVICE_OBJECT* deviceObject)
    {
        DRIVER_OBJECT* driver =
            PointerCheck.Follow<DRIVER_OBJECT>(deviceObject->DriverObject, "DeviceObject->DriverObject");
        if (driver->DriverStartIo.IsNull)
            NtKernel.Current.BugCheck(
                BugCheckCodes.DRIVER_IRQL_NOT_LESS_OR_EQUAL, 0, DISPATCH_LEVEL, 8, NtKernel.Current.Processor.DriverRip,
                "the driver starts packets, but its driver object has no StartIo routine");
    }
}
