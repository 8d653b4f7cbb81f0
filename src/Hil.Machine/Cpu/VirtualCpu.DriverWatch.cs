namespace Hil.Machine;

public sealed unsafe partial class VirtualCpu
{
    // How often a sleeping host looks after the clock page while driver code runs, in 100 ns units.
    private const long ClockPeriod = 10_000;

    // What the watchdog counts at once at most: a paused host (GC, debugger) is not the driver's fault.
    private const long WatchdogStepMax = 4 * ClockPeriod;

    /// <summary>One stay in driver code, as a sleeping host sees it: clock page, preemption, watchdog.</summary>
    private struct DriverWatch(VirtualCpu cpu, bool driverRuns)
    {
        // A processor that does not even take an NMI for this long is lost.
        private const long NmiPatience = 20_000_000;

        private const long NotBitten = -1;

        private long _last = cpu._clock.InterruptTime;
        private long _stay;
        private long _ringFrom;
        private long _bitten = NotBitten;

        /// <summary>Does what is due; returns how long to sleep, in 100 ns units, or long.MaxValue.</summary>
        public long Look()
        {
            long now = cpu._clock.InterruptTime;
            if (!driverRuns)
                return long.MaxValue;
            long step = Math.Min(now - _last, WatchdogStepMax);
            _last = now;
            // Neither is a stopped QEMU, and what is rung for meanwhile would only pile up.
            if (step != 0 && cpu._qemu.IsStopped)
                return ClockPeriod;
            _stay += step;
            if (cpu._sliceInstructions == 0)
                (cpu.Spent, cpu._resumedAt) = (cpu.Spent + step, now);
            if (cpu._isDeterministic)
                return LookFromOutside(step);
            cpu._sharedTime.Update();
            bool mustCutIn = cpu._cutInRequested || now >= cpu._preemptAt;
            if (mustCutIn && now >= _ringFrom)
            {
                // A ring that reaches the monitor before driver code has begun is lost there: hence again and again.
                _ringFrom = now + ClockPeriod;
                cpu._qemu.Qtest.RingDoorbell(IVirtualProcessor.WakeVector);
            }
            if (cpu.Spent >= cpu._watchdog)
                Bite(step);
            return mustCutIn ? ClockPeriod : Math.Min(ClockPeriod, cpu._preemptAt - now);
        }

        // In slices time is counted in instructions; one single stay that long means that slices do not end.
        private long LookFromOutside(long step)
        {
            if (cpu.Spent >= cpu._watchdog || _stay >= cpu._watchdog + NmiPatience)
                Bite(step);
            return ClockPeriod;
        }

        private void Bite(long step)
        {
            if (_bitten == NotBitten)
            {
                _bitten = 0;
                Volatile.Write(ref cpu._mailbox.Dword(MonitorLayout.WatchdogArmed), 1);
                cpu._qemu.Qtest.RingNmi();
            }
            else if ((_bitten += step) >= NmiPatience)
            {
                throw cpu.Lose("the virtual processor does not react, not even to an NMI");
            }
        }
    }
}
