namespace Hil.Kernel;

// A KINTERRUPT ties one service routine to one vector. Its lock is the driver's or its own. Whatever synchronises with
// the service routine runs at SynchronizeIrql and holds that lock; on one processor the IRQL alone keeps the routine
// out, the lock shows mistakes.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Connects a service routine to an interrupt vector.</summary>
    /// <returns>STATUS_INVALID_PARAMETER for a vector that was not granted, a wrong IRQL or mode, or one that is taken
    /// and not shared; STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: IoConnectInterrupt.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoConnectInterrupt(
        KINTERRUPT** interruptObject,
        DriverRoutine serviceRoutine,
        void* serviceContext,
        KSPIN_LOCK* spinLock,
        uint vector,
        KIRQL irql,
        KIRQL synchronizeIrql,
        KINTERRUPT_MODE interruptMode,
        BOOLEAN shareVector,
        nuint processorEnableMask,
        BOOLEAN floatingSave)
    {
        if ((processorEnableMask & OnlyProcessor) == 0)
            return STATUS_INVALID_PARAMETER;
        if (irql == PASSIVE_LEVEL)
            return STATUS_NOT_SUPPORTED; // For IoConnectInterruptEx.
        var connection = new InterruptConnection
        {
            ServiceRoutine = serviceRoutine,
            ServiceContext = serviceContext,
            SpinLock = spinLock,
            Vector = vector,
            Irql = irql,
            SynchronizeIrql = synchronizeIrql,
            Mode = interruptMode,
            ShareVector = shareVector,
        };
        return Connect(connection, interruptObject);
    }

    /// <summary>Disconnects and frees an interrupt object.</summary>
    /// <remarks>WDK: IoDisconnectInterrupt.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoDisconnectInterrupt(KINTERRUPT* interruptObject)
    {
        NtKernel kernel = NtKernel.Current;
        RequireConnected(interruptObject);
        bool isPassive = interruptObject->PassiveEvent != null;
        if (isPassive)
            TakePassive(interruptObject); // Its service routine may be waiting for something.
        kernel.Interrupts.Disconnect(interruptObject);
        if (isPassive)
            LeavePassive(interruptObject);
        kernel.Pool.Free(interruptObject);
    }

    /// <summary>Calls a routine that its interrupt's service routine cannot cut into; returns what it
    /// returns.</summary>
    /// <remarks>WDK: KeSynchronizeExecution. For a passive-level interrupt it may wait.</remarks>
    [Export(MaxIrql = SYNCH_LEVEL)]
    public static BOOLEAN KeSynchronizeExecution(
        KINTERRUPT* interrupt, DriverRoutine synchronizeRoutine, void* synchronizeContext)
    {
        RequireConnected(interrupt);
        if (interrupt->PassiveEvent != null)
            return SynchronizePassive(interrupt, synchronizeRoutine, synchronizeContext);
        KIRQL old = KeAcquireInterruptSpinLock(interrupt);
        ulong result = Processor.Current.Call(synchronizeRoutine, synchronizeContext);
        KeReleaseInterruptSpinLock(interrupt, old);
        return (byte)result != 0;
    }

    /// <summary>Acquires an interrupt's spin lock at its DIRQL; returns the IRQL from before.</summary>
    /// <remarks>WDK: KeAcquireInterruptSpinLock.</remarks>
    [Export(MaxIrql = SYNCH_LEVEL)]
    public static KIRQL KeAcquireInterruptSpinLock(KINTERRUPT* interrupt)
    {
        RequireConnected(interrupt);
        RequireSpinLock(interrupt);
        KIRQL old = RaiseTo(interrupt->SynchronizeIrql);
        Hold(LockOf(interrupt));
        return old;
    }

    /// <summary>Releases an interrupt's spin lock.</summary>
    /// <remarks>WDK: KeReleaseInterruptSpinLock.</remarks>
    [Export(MinIrql = DIRQL_MIN)]
    public static void KeReleaseInterruptSpinLock(KINTERRUPT* interrupt, KIRQL oldIrql)
    {
        RequireSpinLock(interrupt);
        Release(LockOf(interrupt));
        LowerTo(oldIrql);
    }

    /// <summary>The processors that an interrupt goes to.</summary>
    /// <remarks>WDK: IoGetAffinityInterrupt.</remarks>
    [Export]
    public static NTSTATUS IoGetAffinityInterrupt(KINTERRUPT* interruptObject, GROUP_AFFINITY* groupAffinity)
    {
        *groupAffinity = new GROUP_AFFINITY { Mask = OnlyProcessor };
        return STATUS_SUCCESS;
    }

    internal static void TakePassive(KINTERRUPT* interrupt) => KeWaitForSingleObject(
        interrupt->PassiveEvent, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);

    internal static void LeavePassive(KINTERRUPT* interrupt) => KeSetEvent(interrupt->PassiveEvent, 0, false);

    internal static KSPIN_LOCK* LockOf(KINTERRUPT* interrupt) =>
        PointerCheck.Follow<KSPIN_LOCK>(interrupt->ActualLock, "Interrupt->ActualLock");

    private static NTSTATUS Connect(in InterruptConnection connection, KINTERRUPT** interruptObject)
    {
        *interruptObject = null;
        NTSTATUS status = NtKernel.Current.Interrupts.Connect(connection, out KINTERRUPT* interrupt);
        *interruptObject = interrupt;
        return status;
    }

    private static bool SynchronizePassive(KINTERRUPT* interrupt, DriverRoutine routine, void* context)
    {
        TakePassive(interrupt);
        ulong result = Processor.Current.Call(routine, context);
        LeavePassive(interrupt);
        return (byte)result != 0;
    }

    // WDK: Bug Check 0x13B.
    private static void RequireSpinLock(KINTERRUPT* interrupt)
    {
        const ulong AcquiresSpinLock = 1;
        if (interrupt->PassiveEvent != null)
            NtKernel.Current.BugCheck(
                BugCheckCodes.PASSIVE_INTERRUPT_ERROR, AcquiresSpinLock, (ulong)interrupt, 0, 0,
                "a passive-level interrupt has no spin lock; KeSynchronizeExecution synchronises with its routine");
    }

    private static void RequireConnected(KINTERRUPT* interrupt)
    {
        if (!NtKernel.Current.Interrupts.IsConnected(interrupt))
            NtKernel.Current.BugCheck(
                BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, (ulong)interrupt, 0, NtKernel.Current.Processor.DriverRip, 0,
                $"0x{(ulong)interrupt:x} is no connected interrupt: disconnected already, or never connected");
    }
}
