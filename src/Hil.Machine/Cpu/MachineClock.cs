using System.Diagnostics;

namespace Hil.Machine;

// The kernel looks at the clock a dozen times for each IRP, and a capture stamps what happens. The system's clock takes
// 28 ns, the time stamp counter 11. So time is the counter's, held to the system's clock once a millisecond: from one
// such anchor on it runs at the rate that brings it back to the system's time within a few, so that it never jumps or
// goes back. Where the system does not trust the counter, every look is at the system's clock.

/// <summary>Real time for the kernel.</summary>
public sealed class MachineClock : IClock
{
    private const long NanosecondsPerUnit = 100;
    private const long CalibrationNanoseconds = 10_000_000;
    private const double AnchorNanoseconds = 1_000_000;
    private const double SlewNanoseconds = 16 * AnchorNanoseconds;
    private const double SlewMax = 1e-3;
    private const double StepNanoseconds = 1_000_000;

    private static readonly double s_nanosecondsPerTimestamp = 1e9 / Stopwatch.Frequency;

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly long _systemTimeAtStart = DateTime.UtcNow.ToFileTimeUtc();
    private readonly Lock _anchoring = new();
    private ulong _firstTicks;
    private long _firstTime;

    // The anchor. Its version is odd while it is written; 0 before there is one.
    private uint _version;
    private ulong _ticks;
    private double _time;
    private double _rate;
    private double _ticksMax;

    public long InterruptTime => Nanoseconds() / NanosecondsPerUnit;

    public long SystemTime => _systemTimeAtStart + InterruptTime;

    public long PerformanceCounter => InterruptTime;

    public long PerformanceFrequency => TimeSpan.TicksPerSecond;

    private long Nanoseconds()
    {
        uint version = Volatile.Read(ref _version);
        if (version == 0 || (version & 1) != 0)
            return Anchor();
        double ticks = (long)(TimeStampCounter.Read() - _ticks);
        double time = _time + ticks * _rate;
        bool isNear = ticks < _ticksMax;
        Volatile.ReadBarrier();
        return isNear && _version == version ? (long)time : Anchor();
    }

    private long Anchor()
    {
        lock (_anchoring)
        {
            if (!TimeStampCounter.IsUsable)
                return SystemNanoseconds();
            if (!TrySample(out ulong ticks, out long time))
                return _version == 0 ? time : (long)TimeAt(ticks);
            if (_firstTicks == 0)
                (_firstTicks, _firstTime) = (ticks, time);
            if (time - _firstTime < CalibrationNanoseconds)
                return time;
            Anchor(ticks, time);
            return (long)_time;
        }
    }

    private void Anchor(ulong ticks, long systemTime)
    {
        double rate = (systemTime - _firstTime) / (double)(ticks - _firstTicks);
        double time = _version == 0 ? systemTime : TimeAt(ticks);
        double behind = systemTime - time;
        if (behind > StepNanoseconds)
            (time, behind) = (systemTime, 0);
        _version++;
        Volatile.WriteBarrier();
        _ticks = ticks;
        _time = time;
        _rate = rate * (1 + Math.Clamp(behind / SlewNanoseconds, -SlewMax, SlewMax));
        _ticksMax = AnchorNanoseconds / rate;
        Volatile.Write(ref _version, _version + 1);
    }

    private double TimeAt(ulong ticks) => _time + (long)(ticks - _ticks) * _rate;

    // Both clocks at one moment; false if this thread was held up in between each time.
    private bool TrySample(out ulong ticks, out long time)
    {
        const int Tries = 4;
        const long GapMax = 1_000;
        ticks = 0;
        time = 0;
        for (int i = 0; i < Tries; i++)
        {
            long before = SystemNanoseconds();
            ticks = TimeStampCounter.Read();
            time = SystemNanoseconds();
            if (time - before < GapMax)
                return true;
        }
        return false;
    }

    private long SystemNanoseconds() => (long)((Stopwatch.GetTimestamp() - _start) * s_nanosecondsPerTimestamp);
}
