using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using Hil.Machine.Qemu;

namespace Hil.Machine;

// The host spins for the turn first, then sleeps until the doorbell rings. Sleeping and looking once more is Dekker's,
// see MonitorLayout.
public sealed unsafe partial class VirtualCpu
{
    // The monitor hands over without a fence (MonitorLayout), so a host that has announced its sleep looks once more
    // after this long, 100 µs: by then a store that was under way is there.
    private const long FirstSleep = 1_000;

    /// <summary>A bit of work, a few dozen nanoseconds at most, to be done while the host spins for an exit; false when
    /// there is none. Runs on the thread that spins.</summary>
    public Func<bool>? SideWork { get; set; }

    public void Wake()
    {
        _cutInRequested = true;
        _wakeRequested = true;
        _qemu.Doorbell.Wake();
    }

    public void ArmPreemption(long deadline) => _preemptAt = deadline;

    public void Idle(KIRQL irql, long deadline)
    {
        if (_endOfInterrupts != 0 || _idleIrql != irql)
            Request(MonitorRequest.Nothing, irql);
        _idleIrql = irql;
        FlushPosted();
        long spinUntil = Stopwatch.GetTimestamp() + _spinTicks;
        while (!IsIdleOver(deadline))
        {
            if (Stopwatch.GetTimestamp() >= spinUntil)
            {
                IdleAsleep(deadline);
                break;
            }
            Thread.SpinWait(1);
        }
        ForgetWake();
        UpdateTime();
        ThrowIfLost();
    }

    // Who wakes has posted work before: the caller's look for it must not be done before the wake is forgotten, or a
    // wake that comes in between is forgotten with its work unseen.
    private void ForgetWake()
    {
        if (!_wakeRequested)
            return;
        _wakeRequested = false;
        _cutInRequested = false;
        Interlocked.MemoryBarrier();
    }

    private bool SpinForTurn()
    {
        const int RoundsPerLook = 256;
        if (_spinTicks == 0)
            return _mailbox.IsHostsTurn;
        long end = 0;
        while (true)
        {
            for (int i = 0; i < RoundsPerLook; i++)
            {
                if (_mailbox.IsHostsTurn)
                    return true;
                if (SideWork != null && SideWork())
                    continue;
                // The two processors of a core share its units: whoever waits leaves them to QEMU.
                if (X86Base.IsSupported)
                    X86Base.Pause();
            }
            long now = Stopwatch.GetTimestamp();
            end = end == 0 ? now + _spinTicks : end;
            if (now >= end || _cutInRequested || _loss != null)
                return false;
        }
    }

    private void SleepForTurn(bool driverRuns)
    {
        _mailbox.AnnounceSleep();
        var watch = new DriverWatch(this, driverRuns);
        long limit = FirstSleep;
        while (!_mailbox.IsHostsTurn)
        {
            ThrowIfLost();
            Sleep(watch.Look(), ref limit);
        }
        _mailbox.AnnounceAwake();
    }

    private void IdleAsleep(long deadline)
    {
        _mailbox.AnnounceSleep();
        long limit = FirstSleep;
        while (!IsIdleOver(deadline))
            Sleep(deadline == long.MaxValue ? long.MaxValue : deadline - _clock.InterruptTime, ref limit);
        _mailbox.AnnounceAwake();
    }

    // Until somebody rings, 100 ns units; long.MaxValue for ever.
    private void Sleep(long timeout, ref long limit)
    {
        timeout = Math.Min(timeout, limit);
        DoorbellEvent reason = _qemu.Doorbell.Wait(timeout == long.MaxValue ? -1 : Math.Max(timeout, 0) * 100);
        if (reason == DoorbellEvent.Timeout && timeout >= FirstSleep)
            limit = long.MaxValue;
    }

    // What was accepted and put off (Schedule.TakeInterruptNow) is taken in a later round of the kernel's.
    private bool IsIdleOver(long deadline) =>
        _mailbox.RingHead != _ringSeen || _acceptedCount != 0 || _wakeRequested || _loss != null
        || (deadline != long.MaxValue && _clock.InterruptTime >= deadline);
}
