namespace Hil.Kernel;

/// <summary>The last events, for bug check reports, and the way to the observer. Recording allocates nothing.</summary>
public sealed class KernelEvents
{
    private const int Capacity = 256; // A power of two; a report shows the last 20.

    private readonly KernelEvent[] _ring = new KernelEvent[Capacity];
    private readonly NtKernel _kernel;
    private readonly IKernelObserver? _observer;
    private long _count;

    internal KernelEvents(NtKernel kernel, IKernelObserver? observer)
    {
        _kernel = kernel;
        _observer = observer;
    }

    /// <summary>Records one event. Called by the thread that holds the baton.</summary>
    public void Add(KernelEventKind kind, ulong a = 0, ulong b = 0, ulong c = 0, string? text = null)
    {
        ref KernelEvent slot = ref _ring[_count++ & (Capacity - 1)];
        slot = new KernelEvent(_kernel.Clock.Stamp, kind, _kernel.Processor.Irql, a, b, c, text);
        _observer?.OnEvent(in slot);
    }

    /// <summary>The last events, oldest first.</summary>
    public IReadOnlyList<KernelEvent> Last(int countMax)
    {
        int count = (int)Math.Min(Math.Min(_count, Capacity), countMax);
        var events = new KernelEvent[count];
        for (int i = 0; i < count; i++)
            events[i] = _ring[(_count - count + i) & (Capacity - 1)];
        return events;
    }
}
