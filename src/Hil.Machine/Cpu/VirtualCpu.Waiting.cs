using System.Diagnostics;
using System.Runtime.Intrinsics.X86;

namespace Hil.Machine;

// The host spins for the turn first, then sleeps until the doorbell rings. Sleeping and looking once more is Dekker's,
// see MonitorLayout.
public sealed unsafe partial class VirtualCpu
{
    public void Wake()
    {
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
        _wakeRequested = false;
        ThrowIfLost();
    }

    private bool SpinForTurn()
    {
        const int RoundsPerLook = 256;
        long end = 0;
        while (true)
        {
            for (int i = 0; i < RoundsPerLook; i++)
            {
                if (_mailbox.IsHostsTurn)
                    return true;
                // The two processors of a core share its units: whoever waits leaves them to QEMU.
                if (X86Base.IsSupported)
                    X86Base.Pause();
            }
            long now = Stopwatch.GetTimestamp();
            end = end == 0 ? now + _spinTicks : end;
            if (now >= end || _wakeRequested || _loss != null)
                return false;
        }
    }

    private void SleepForTurn(bool driverRuns)
    {
        _mailbox.AnnounceSleep();
        var watch = new DriverWatch(this, driverRuns);
        while (!_mailbox.IsHostsTurn)
        {
            ThrowIfLost();
            long timeout = watch.Look();
            _ = _qemu.Doorbell.Wait(timeout == long.MaxValue ? -1 : Math.Max(timeout, 0) * 100);
        }
        _mailbox.AnnounceAwake();
    }

    private void IdleAsleep(long deadline)
    {
        _mailbox.AnnounceSleep();
        while (!IsIdleOver(deadline))
        {
            long timeout = deadline == long.MaxValue ? -1 : Math.Max(0, deadline - _clock.InterruptTime) * 100;
            _ = _qemu.Doorbell.Wait(timeout);
        }
        _mailbox.AnnounceAwake();
    }

    // What was accepted and put off (Schedule.TakeInterruptNow) is taken in a later round of the kernel's.
    private bool IsIdleOver(long deadline) =>
        _mailbox.RingHead != _ringSeen || _acceptedCount != 0 || _wakeRequested || _loss != null
        || (deadline != long.MaxValue && _clock.InterruptTime >= deadline);
}
