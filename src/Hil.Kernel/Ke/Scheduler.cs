namespace Hil.Kernel;

/// <summary>Threads, priorities and the baton: which thread runs.</summary>
public sealed class Scheduler : IDisposable
{
    internal Scheduler(NtKernel kernel)
    {
    }

    /// <summary>Gives the processor to a more urgent thread, or after a quantum to an equal one, if IRQL allows; also runs due
    /// timers. Called after an interrupt of driver code and at the kernel's own preemption points.</summary>
    public void PreemptionPoint() => throw new NotImplementedException();

    /// <summary>Runs work on a kernel thread at PASSIVE_LEVEL and waits for it (any host thread that is not a kernel thread).
    /// Exceptions come out here; a stopped machine throws BugCheckException.</summary>
    public void Run(Action work) => throw new NotImplementedException();

    /// <summary>As Run without blocking the caller. Further kernel threads serve requests while earlier ones wait.</summary>
    public Task<T> RunAsync<T>(Func<T> work) => throw new NotImplementedException();

    /// <summary>The stack whose guard page or range a stack pointer just left, or null.</summary>
    public GuestStack? StackBelow(ulong stackPointer) => throw new NotImplementedException();

    /// <summary>Releases every kernel thread with BugCheckException: the machine has stopped.</summary>
    internal void StopAll() => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
