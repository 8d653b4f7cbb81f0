namespace Hil.Kernel;

/// <summary>One call of driver code by the host. The chain of them leads from the frames of the innermost driver code,
/// over the kernel routine that called it, to the frames of the driver code that had called that routine.</summary>
/// <remarks>Lies on the host stack of the call itself.</remarks>
internal unsafe struct DriverCall
{
    /// <summary>The call that was suspended when this one was made; null for a thread's first.</summary>
    public DriverCall* Outer;

    /// <summary>Where the routine begins.</summary>
    public ulong Entry;

    /// <summary>Where the outer call was suspended.</summary>
    public VcpuExit Suspended;

    /// <summary>RSP once the routine has returned; tells the end of its frames from a damaged stack.</summary>
    public ulong StackPointer;

    /// <summary>How long it has kept the processor at DISPATCH_LEVEL or above in kernel calls, in 100 ns units, since
    /// it was seen below that level.</summary>
    public long Held;

    /// <summary>No call, but the place where an interrupt or a DPC cut in: exceptions do not go beyond it.</summary>
    public bool IsInterruption;

    /// <summary>An interruption by an APC, which is the thread's own.</summary>
    public bool IsApc;

    /// <summary>The unwinding whose cleanup (__finally) is being called from here, or null.</summary>
    public UnwindingFrame* Unwinding;
}

/// <summary>How far an unwinding has come.</summary>
internal struct UnwindingFrame
{
    /// <summary>The registers of the frame that is being cleaned up. First: it must lie on a
    /// 16-byte boundary.</summary>
    public CONTEXT Context;

    /// <summary>What its language handler was given; ScopeIndex says which of its cleanup has begun.</summary>
    public DISPATCHER_CONTEXT Dispatcher;
}
