namespace Hil.Kernel;

/// <summary>Deferred procedure calls waiting for IRQL to fall below DISPATCH_LEVEL.</summary>
public sealed class DpcQueue
{
    internal DpcQueue(NtKernel kernel)
    {
    }

    /// <summary>One field read: it is asked before every entry to driver code.</summary>
    public bool HasQueued => false;

    /// <summary>Runs queued DPCs at DISPATCH_LEVEL on the DPC stack, then returns to the caller's IRQL (below DISPATCH_LEVEL).</summary>
    public void Drain() => throw new NotImplementedException();
}
