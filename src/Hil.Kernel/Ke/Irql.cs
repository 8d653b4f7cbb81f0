namespace Hil.Kernel;

// IRQL is a property of the processor: CR8 while driver code runs, Processor.Irql while the host does. Raising it is
// only an assignment. Lowering it is where everything that waited for it happens, in this order: device interrupts
// above the new level, then, below DISPATCH_LEVEL, due timers and DPCs, then, if a more urgent thread became ready, a
// thread switch, and at PASSIVE_LEVEL the thread's APCs.

public static unsafe partial class Ntoskrnl
{
    /// <summary>Raises IRQL and gives back the old one.</summary>
    /// <remarks>WDK: KeRaiseIrql. A level below the current one is bug check IRQL_NOT_GREATER_OR_EQUAL.</remarks>
    [Export]
    public static void KeRaiseIrql(KIRQL newIrql, KIRQL* oldIrql) => *oldIrql = RaiseTo(newIrql);

    /// <summary>Raises IRQL; returns the old one.</summary>
    /// <remarks>WDK: KeRaiseIrql, of which this is the exported form on x64.</remarks>
    [Export]
    public static KIRQL KfRaiseIrql(KIRQL newIrql) => RaiseTo(newIrql);

    /// <summary>Raises IRQL to DISPATCH_LEVEL; returns the old one.</summary>
    /// <remarks>WDK: KeRaiseIrqlToDpcLevel.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static KIRQL KeRaiseIrqlToDpcLevel() => RaiseTo(DISPATCH_LEVEL);

    /// <summary>Raises IRQL to SYNCH_LEVEL; returns the old one.</summary>
    [Export(MaxIrql = SYNCH_LEVEL)]
    public static KIRQL KeRaiseIrqlToSynchLevel() => RaiseTo(SYNCH_LEVEL);

    /// <summary>Lowers IRQL to what it was before the matching raise.</summary>
    /// <remarks>WDK: KeLowerIrql. A level above the current one is bug check IRQL_NOT_LESS_OR_EQUAL.</remarks>
    [Export]
    public static void KeLowerIrql(KIRQL newIrql) => LowerTo(newIrql);

    /// <inheritdoc cref="KeLowerIrql"/>
    [Export]
    public static void KfLowerIrql(KIRQL newIrql) => LowerTo(newIrql);

    /// <summary>Current IRQL.</summary>
    /// <remarks>WDK: KeGetCurrentIrql.</remarks>
    [Export]
    public static KIRQL KeGetCurrentIrql() => Processor.Current.Irql;

    /// <summary>Raises IRQL; returns the old one. Raising to the current level is allowed.</summary>
    internal static KIRQL RaiseTo(KIRQL irql)
    {
        Processor processor = Processor.Current;
        KIRQL old = processor.Irql;
        if (irql.Value < old.Value || irql.Value > HIGH_LEVEL)
            FailRaise(old, irql);
        processor.Irql = irql;
        return old;
    }

    /// <summary>Lowers IRQL and does what waited for it: interrupts, timers, DPCs, more urgent threads.</summary>
    internal static void LowerTo(KIRQL irql)
    {
        NtKernel kernel = NtKernel.Current;
        Processor processor = kernel.Processor;
        if (irql.Value > processor.Irql.Value)
            FailLower(processor.Irql, irql);
        processor.Irql = irql;
        processor.ServicePendingInterrupts();
        if (irql.Value < DISPATCH_LEVEL)
            kernel.Scheduler.PreemptionPoint();
        kernel.Scheduler.DeliverApcs();
    }

    private static void FailRaise(KIRQL current, KIRQL wanted) =>
        NtKernel.Current.BugCheck(
            BugCheckCodes.IRQL_NOT_GREATER_OR_EQUAL, current, wanted, 0, NtKernel.Current.Processor.DriverRip,
            $"IRQL was to be raised to {wanted}, but it was {current} already");

    private static void FailLower(KIRQL current, KIRQL wanted) =>
        NtKernel.Current.BugCheck(
            BugCheckCodes.IRQL_NOT_LESS_OR_EQUAL, current, wanted, 0, NtKernel.Current.Processor.DriverRip,
            $"IRQL was to be lowered to {wanted}, but it was only {current}");
}
