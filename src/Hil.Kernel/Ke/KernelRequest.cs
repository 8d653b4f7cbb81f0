using System.Runtime.ExceptionServices;

namespace Hil.Kernel;

/// <summary>Work that came from outside the kernel's threads.</summary>
internal abstract class KernelRequest
{
    /// <summary>What is asked, for who writes requests down; null when nobody described it.</summary>
    public Func<OutsideRequest>? Describe { get; init; }

    /// <summary>Whether one of the kernel's own threads asks.</summary>
    public bool IsInternal { get; init; }

    /// <summary>Does the work on a kernel thread and answers the requester.</summary>
    /// <returns>What came of it instead, which the requester has yet to be told (<see cref="Fail"/>), or
    /// null.</returns>
    public Exception? Execute()
    {
        try
        {
            Work();
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    /// <summary>Answers a request that was not or could not be carried out.</summary>
    public abstract void Fail(Exception exception);

    protected abstract void Work();
}

/// <summary>A request whose requester blocks until it is done.</summary>
internal sealed class SynchronousRequest(Action work) : KernelRequest, IDisposable
{
    private readonly ManualResetEventSlim _done = new();
    private ExceptionDispatchInfo? _exception;

    public override void Fail(Exception exception)
    {
        _exception = ExceptionDispatchInfo.Capture(exception);
        _done.Set();
    }

    protected override void Work()
    {
        work();
        Ntoskrnl.RequireNoRegion();
        _done.Set();
    }

    public void Wait()
    {
        _done.Wait();
        _exception?.Throw();
    }

    public void Dispose() => _done.Dispose();
}

/// <summary>A request whose requester awaits its result.</summary>
internal sealed class AsynchronousRequest<T>(Func<T> work) : KernelRequest
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => _completion.Task;

    public override void Fail(Exception exception) => _completion.TrySetException(exception);

    protected override void Work()
    {
        T result = work();
        Ntoskrnl.RequireNoRegion();
        _completion.TrySetResult(result); // It was given up meanwhile if the machine was stopped from outside.
    }
}
