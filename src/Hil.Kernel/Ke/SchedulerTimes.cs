namespace Hil.Kernel;

// Nobody counts what processor and threads do with their time until somebody asks for it: it takes two looks at the
// clock whenever the processor goes idle. What was before counts as work of nobody.

public sealed partial class Scheduler
{
    private bool _countsTimes;
    private long _idleTime;
    private KernelThread? _charged;
    private long _chargedFrom;

    /// <summary>Time that the processor was idle, and time since the machine started, in 100 ns units.</summary>
    internal (long Idle, long All) ProcessorTimes()
    {
        ChargeNow();
        return (_idleTime, _chargedFrom);
    }

    /// <summary>Time that a thread has run, in 100 ns units.</summary>
    internal long RunTime(KernelThread thread)
    {
        ChargeNow();
        return thread.RunTime;
    }

    private void ChargeNow()
    {
        long now = _kernel.Clock.InterruptTime;
        Charge(_current, now);
        _countsTimes = true;
    }

    private void Charge(KernelThread? next, long now)
    {
        if (_charged != null)
            _charged.RunTime += now - _chargedFrom;
        (_charged, _chargedFrom) = (next, now);
    }

    private long BeginIdleTime()
    {
        if (!_countsTimes)
            return 0;
        Charge(null, _kernel.Clock.InterruptTime);
        return _chargedFrom;
    }

    private void EndIdleTime(long began)
    {
        if (!_countsTimes)
            return;
        Charge(_current, _kernel.Clock.InterruptTime);
        _idleTime += _chargedFrom - began;
    }
}
