namespace Hil.Kernel.Platform;

/// <summary>The kernel's only source of time. All in 100 ns units unless said otherwise.</summary>
public interface IClock
{
    /// <summary>Time since the machine started; never goes back.</summary>
    long InterruptTime { get; }

    /// <summary>Whether interrupt time has reached a time. Asked much more often than the answer is yes.</summary>
    bool HasCome(long time) => time <= InterruptTime;

    /// <summary>Interrupt time, for stamping events: nothing that the kernel does depends on it.</summary>
    long Stamp => InterruptTime;

    /// <summary>Spins for a moment, at most until a time; returns interrupt time.</summary>
    long SpinUntil(long time)
    {
        Thread.SpinWait(1);
        return InterruptTime;
    }

    /// <summary>Time since 1601-01-01 UTC.</summary>
    long SystemTime { get; }

    /// <summary>What KeQueryPerformanceCounter counts.</summary>
    long PerformanceCounter { get; }

    /// <summary>Counts per second of <see cref="PerformanceCounter"/>.</summary>
    long PerformanceFrequency { get; }
}
