namespace Hil.Kernel;

/// <summary>What happened. The comments name the event's operands A, B, C.</summary>
public enum KernelEventKind : byte
{
    /// <summary>Driver code called an export. A: export id, B: return address, C: first argument.</summary>
    KernelCall,

    /// <summary>An IRP was sent to a driver. A: IRP, B: device object, C: major function | minor function
    /// &lt;&lt; 8.</summary>
    IrpDispatch,

    /// <summary>An IRP was queued behind a busy device. A: IRP, B: device object.</summary>
    IrpQueued,

    /// <summary>StartIo was called. A: IRP, B: device object.</summary>
    StartIo,

    /// <summary>StartIo returned. A: IRP, B: device object.</summary>
    StartIoReturned,

    /// <summary>IoCompleteRequest was called. A: IRP, B: status, C: information.</summary>
    IrpComplete,

    /// <summary>The I/O manager's last stage for an IRP. A: IRP, B: status, C: information.</summary>
    IrpFinished,

    /// <summary>IoCancelIrp was called. A: IRP.</summary>
    IrpCancel,

    /// <summary>A service routine is called. A: vector, B: interrupt object.</summary>
    IsrEnter,

    /// <summary>A service routine returned. A: vector, B: interrupt object, C: 1 if it claimed the interrupt.</summary>
    IsrLeave,

    /// <summary>An interrupt came that nobody claimed. A: vector.</summary>
    InterruptUnclaimed,

    /// <summary>A line was masked because nobody clears it. A: line, B: count.</summary>
    InterruptStorm,

    /// <summary>A DPC routine is called. A: KDPC, B: routine.</summary>
    DpcEnter,

    DpcLeave,

    /// <summary>Another thread runs. A: thread id.</summary>
    ThreadSwitch,

    /// <summary>A register access that the host made: for a managed driver, or a trapped one. A: physical address or
    /// port, B: value, C: width | (write ? 0x100 : 0) | (port ? 0x200 : 0).</summary>
    Register,

    /// <summary>A PnP or power step. A: device object, B: minor function, C: status. Text: the step.</summary>
    Pnp,

    /// <summary>A driver was loaded, started or unloaded. Text says which. A: driver object, B: status.</summary>
    Driver,

    /// <summary>DbgPrint. Text: the line.</summary>
    DebugPrint,

    /// <summary>A rule was broken that does not stop the machine. Text: the rule and the place.</summary>
    Violation,

    /// <summary>The machine stopped. A: bug check code.</summary>
    BugCheck,

    /// <summary>A driver wrote to the system log. A: device or driver object, B: error code, C: unique value. Text:
    /// the entry.</summary>
    ErrorLog,

    /// <summary>An IRP was allocated or set up. A: IRP, B: its number.</summary>
    IrpCreate,
}

/// <summary>One event. Operands depend on the kind.</summary>
/// <param name="Time">Interrupt time in 100 ns units.</param>
/// <param name="Irql">IRQL at which it happened.</param>
public readonly record struct KernelEvent(
    long Time, KernelEventKind Kind, KIRQL Irql, ulong A, ulong B, ulong C, string? Text);
