namespace Hil.Kernel;

/// <summary>One thread's wait for one object; a link in that object's list of waiters.</summary>
internal sealed unsafe class WaitSlot(KernelThread thread, int index)
{
    public KernelThread Thread { get; } = thread;

    /// <summary>Place of the object in the thread's wait, which is also its wait status.</summary>
    public int Index { get; } = index;

    public DISPATCHER_HEADER* Object { get; set; }

    public WaitSlot? Next { get; set; }

    public WaitSlot? Previous { get; set; }

    /// <summary>Last link; kept by the first one only.</summary>
    public WaitSlot? Tail { get; set; }
}
