using System.Runtime.CompilerServices;

namespace Hil.Kernel;

// The virtual processor is a coroutine. Calling a driver routine hands it the turn; it hands the turn back when the
// routine returns, calls an export, faults, or is cut into by an interrupt. Every such exit leaves the driver's
// registers on the driver's own stack, so a suspended computation is an address, and serving an exit may call further
// driver code, which then runs below that address: an interrupt service routine above StartIo, a completion routine
// above a DPC. One host call of Run corresponds to one driver call, so host stack and driver stack nest alike.
//
// While host code runs, Irql is the truth; while driver code runs, CR8 is. It is read at each exit and written
// at each entry.

/// <summary>The kernel's view of its one processor: calls driver routines, serves what they ask for.</summary>
public sealed unsafe partial class Processor
{
    private readonly NtKernel _kernel;
    private readonly IVirtualProcessor _vcpu;
    private readonly IKernelCallObserver? _calls;
    private readonly IDmaShadow? _shadow;
    private readonly IAccessTraps? _traps;
    private uint _exits;
    private ulong _stackPointer;
    private VcpuExit _lastExit;
    private KIRQL _entryIrql;
    private DriverCall* _call;
    private ManagedCall _managed;
    private long _managedNumbers;

    internal Processor(NtKernel kernel)
    {
        _kernel = kernel;
        _vcpu = kernel.Services.VirtualProcessor;
        _calls = kernel.Services.CallObserver;
        _shadow = kernel.Services.DmaShadow;
        _traps = kernel.Services.AccessTraps;
    }

    /// <summary>The processor of the calling thread's kernel.</summary>
    public static Processor Current => NtKernel.Current.Processor;

    /// <summary>Current IRQL. Setting it neither drains DPCs nor takes interrupts; see Scheduler and
    /// KeLowerIrql.</summary>
    public KIRQL Irql { get; set; }

    /// <summary>How deep driver calls nest on this thread's host stack; 0 when no driver code is
    /// suspended below.</summary>
    public int Depth { get; private set; }

    /// <summary>The running thread's place on its driver stack. The scheduler saves and sets it on a
    /// thread switch.</summary>
    internal ProcessorContext Context
    {
        get => new()
        {
            StackPointer = _stackPointer,
            LastExit = _lastExit,
            Depth = Depth,
            Call = _call,
            Managed = _managed,
        };
        set
        {
            (_stackPointer, _lastExit, Depth) = (value.StackPointer, value.LastExit, value.Depth);
            _call = value.Call;
            _managed = value.Managed;
        }
    }

    /// <summary>The innermost driver call; null when no driver code is suspended below.</summary>
    internal DriverCall* InnermostCall => _call;

    /// <summary>Whether native driver code has called, over the kernel, what runs now, so that a structured exception
    /// has frames to search.</summary>
    public bool HasOuterFrames => _call != null && !_call->IsInterruption;

    /// <summary>Shows drivers what devices wrote to common memory by now, if that is hidden from them until somebody
    /// looks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ObserveDevices() => _shadow?.Observe();
}
