using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace Hil.Kernel;

public sealed unsafe partial class Scheduler
{
    private const int WakePeriodMs = 20;
    private const int DisposeLimitMs = 5_000;

    private readonly ManualResetEventSlim _ended = new();
    private volatile Exception? _stoppedBy;
    private bool _hasGivenUp;

    /// <summary>Told once, on a kernel thread or the disposing one, when the machine stops: a bug check, a lost
    /// machine, or ObjectDisposedException. Whoever keeps requests of its own open answers them now.</summary>
    public event Action<Exception>? Stopped;

    /// <summary>Told right before, on the same thread, perhaps more than once: whoever sees the stop comes
    /// later.</summary>
    public event Action? Stopping;

    /// <summary>Why nothing runs any more, or null.</summary>
    public Exception? StoppedBy => _stoppedBy;

    /// <summary>Ends every kernel thread without leaving one behind, unless a managed driver never comes
    /// back.</summary>
    public void Dispose()
    {
        Stop(new ObjectDisposedException(nameof(NtKernel)));
        lock (_startLock)
        {
            if (!_isStarted)
                return;
        }
        Invariant.Holds(t_thread?.Scheduler != this, "a kernel is not disposed by one of its own threads");

        // A wake that meets host code is forgotten by the time driver code runs, so it is repeated.
        for (int waited = 0; !_hasGivenUp && !_ended.Wait(WakePeriodMs); waited += WakePeriodMs)
        {
            _vcpu.Wake();
            _hasGivenUp = waited >= DisposeLimitMs; // Who disposes again does not wait again.
        }
    }

    /// <summary>Releases every kernel thread with BugCheckException: the machine has stopped.</summary>
    internal void StopAll() => Stop(new BugCheckException(_kernel.StoppedBy!));

    /// <summary>As StopAll, with a thread that does not come back: whoever waits for it is answered, too.</summary>
    internal void AbandonAll()
    {
        StopAll();
        _requests.Abandon(_stoppedBy!);
    }

    /// <summary>Stops everything; the first reason stands.</summary>
    internal void Stop(Exception reason)
    {
        if (_stoppedBy != null)
            return;
        Stopping?.Invoke();
        if (Interlocked.CompareExchange(ref _stoppedBy!, reason, null) != null)
            return;
        _requests.Close(reason);
        Stopped?.Invoke(reason);
        if (_isStarted && t_thread?.Scheduler != this)
            _vcpu.Wake();
    }

    /// <summary>Ends the running thread if the machine has stopped.</summary>
    internal void ThrowIfStopped()
    {
        if (_stoppedBy != null)
            ThrowStopped();
    }

    // Each thread gets an exception of its own: a shared one would collect the stack traces of all.
    [DoesNotReturn]
    private void ThrowStopped()
    {
        switch (_stoppedBy)
        {
            case BugCheckException bugCheck:
                throw new BugCheckException(bugCheck.Report);
            case MachineLostException lost:
                throw new MachineLostException(lost.Message, lost.IsTripleFault, lost);
            case ObjectDisposedException:
                throw new ObjectDisposedException(nameof(NtKernel));
            default:
                ExceptionDispatchInfo.Throw(_stoppedBy!);
                break;
        }
    }
}
