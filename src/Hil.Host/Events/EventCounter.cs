using Hil.Kernel;

namespace Hil.Host;

/// <summary>Counts kernel events and passes them on.</summary>
/// <param name="next">Who hears them afterwards, or null.</param>
public sealed class EventCounter(IKernelObserver? next = null) : IKernelObserver
{
    private readonly long[] _counts = new long[(int)Enum.GetValues<KernelEventKind>()[^1] + 1];
    private long _claimedInterrupts;

    /// <summary>The counts up to now. Those of a kernel that runs may be a moment old.</summary>
    public EventCounts Counts => new(
        Volatile.Read(ref _claimedInterrupts),
        this[KernelEventKind.DpcEnter],
        this[KernelEventKind.IrpFinished],
        this[KernelEventKind.KernelCall],
        this[KernelEventKind.Register],
        this[KernelEventKind.Violation],
        this[KernelEventKind.InterruptStorm]);

    public long this[KernelEventKind kind] => Volatile.Read(ref _counts[(int)kind]);

    // One thread at a time calls this: the one that holds the kernel's baton.
    public void OnEvent(in KernelEvent kernelEvent)
    {
        _counts[(int)kernelEvent.Kind]++;
        if (kernelEvent.Kind == KernelEventKind.IsrLeave && kernelEvent.C != 0)
            _claimedInterrupts++;
        next?.OnEvent(in kernelEvent);
    }
}
