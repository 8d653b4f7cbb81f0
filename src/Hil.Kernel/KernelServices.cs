namespace Hil.Kernel;

/// <summary>What the kernel needs from the world around it. The kernel itself knows no socket, file,
/// logger or clock.</summary>
public sealed record KernelServices
{
    public required IVirtualProcessor VirtualProcessor { get; init; }

    public required IGuestMemory Memory { get; init; }

    public required IBus Bus { get; init; }

    public required IInterruptController InterruptController { get; init; }

    public required IClock Clock { get; init; }

    /// <summary>Brings drivers' own device accesses to the host; null when driver code reaches
    /// devices directly.</summary>
    public IAccessTraps? AccessTraps { get; init; }

    /// <summary>Hears every kernel event, on the thread that makes it; must be quick and must not call
    /// the kernel.</summary>
    public IKernelObserver? Observer { get; init; }

    /// <summary>Hears kernel calls; null costs nothing.</summary>
    public IKernelCallObserver? CallObserver { get; init; }

    /// <summary>Hides devices' writes to memory until they can be written down; null when driver code sees them at
    /// once, which costs nothing.</summary>
    public IDmaShadow? DmaShadow { get; init; }

    /// <summary>Makes the free choices: next thread among equals, when a pending interrupt is taken.</summary>
    public Schedule Schedule { get; init; } = Schedule.Live;

    /// <summary>Whether drivers' pool ends at unmapped pages, so that overruns and late use fault (two
    /// pages a block).</summary>
    public bool SpecialPool { get; init; } = true;
}
