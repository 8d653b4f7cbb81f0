namespace Hil.Machine;

/// <summary>The clock fields of KUSER_SHARED_DATA, which drivers read by inlined loads.</summary>
/// <remarks>WDK: KeQueryTickCount, KeQueryInterruptTime, KeQuerySystemTime. A KSYSTEM_TIME is read high1, low, high2:
/// we write high2 first and high1 last, so that a reader who sees equal high parts has a matching low part.</remarks>
internal sealed unsafe class SharedTime(ulong sharedUserData, IClock clock)
{
    /// <summary>One clock interrupt, 1/64 s, in 100 ns units: what KeQueryTimeIncrement returns.</summary>
    public const long TimeIncrement = 156_250;

    private const int InterruptTimeOffset = 0x08;
    private const int SystemTimeOffset = 0x14;
    private const int TickCountOffset = 0x320;
    private const int SystemTimeBytes = 12; // KSYSTEM_TIME
    private const int TickCountMultiplierOffset = 0x04;
    private const uint MillisecondsPerTick = 0x0FA0_0000; // 15.625 as 8.24 fixed point.
    private const long UpdatePeriod = 5_000; // 0.5 ms: finer than any tick a driver can count on.

    private readonly byte* _page = (byte*)sharedUserData;
    private long _last = long.MinValue / 2;

    public void Initialize() => *(uint*)(_page + TickCountMultiplierOffset) = MillisecondsPerTick;

    /// <summary>Brings the page up to date if the last time was a while ago.</summary>
    public void Update()
    {
        long now = clock.InterruptTime;
        if (now - _last < UpdatePeriod)
            return;
        _last = now;
        Write(InterruptTimeOffset, now);
        Write(SystemTimeOffset, clock.SystemTime);
        Write(TickCountOffset, now / TimeIncrement);
    }

    /// <summary>Brings up to date what lies in a part of the page; asks the clock for that only.</summary>
    public void Update(int offset, int bytes)
    {
        if (Touches(InterruptTimeOffset, offset, bytes))
            Write(InterruptTimeOffset, clock.InterruptTime);
        if (Touches(SystemTimeOffset, offset, bytes))
            Write(SystemTimeOffset, clock.SystemTime);
        if (Touches(TickCountOffset, offset, bytes))
            Write(TickCountOffset, clock.InterruptTime / TimeIncrement);
    }

    private static bool Touches(int field, int offset, int bytes) =>
        offset < field + SystemTimeBytes && field < offset + bytes;

    private void Write(int offset, long value)
    {
        Volatile.Write(ref *(int*)(_page + offset + 8), (int)(value >> 32));
        Volatile.Write(ref *(uint*)(_page + offset), (uint)value);
        Volatile.Write(ref *(int*)(_page + offset + 4), (int)(value >> 32));
    }
}
