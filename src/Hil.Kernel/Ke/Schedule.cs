using System.Security.Cryptography;

namespace Hil.Kernel;

/// <summary>The seam for every free choice of the kernel. Live runs take the first; seeded exploration and replay are
/// other implementations of this one class.</summary>
public abstract class Schedule
{
    /// <summary>First come, first served; interrupts as soon as IRQL allows.</summary>
    public static Schedule Live { get; } = new LiveSchedule();

    /// <summary>Which of <paramref name="count"/> equally entitled threads runs next.</summary>
    public abstract int ChooseThread(int count);

    /// <summary>Whether a pending interrupt is taken at this point or at a later one.</summary>
    public abstract bool TakeInterruptNow();

    /// <summary>Whether requests from outside are described to this schedule.</summary>
    public virtual bool WatchesRequests => false;

    /// <summary>Whether the kernel notices at this point that a request from outside waits.</summary>
    /// <param name="isWaiting">Whether one does.</param>
    public virtual bool SeesRequest(bool isWaiting) => isWaiting;

    /// <summary>Where a worker takes its next request from.</summary>
    /// <param name="given">With <see cref="RequestSource.Schedule"/>, the work.</param>
    public virtual RequestSource ChooseRequest(bool isWaiting, out Action? given)
    {
        given = null;
        return isWaiting ? RequestSource.Queue : RequestSource.None;
    }

    /// <summary>A request is about to be carried out. Called if <see cref="WatchesRequests"/>.</summary>
    public virtual void OnRequest(OutsideRequest request)
    {
    }

    /// <summary>A described request has ended. May come at DISPATCH_LEVEL.</summary>
    public virtual void OnRequestEnd(
        OutsideRequest request, NTSTATUS status, ulong information, ReadOnlySpan<byte> output)
    {
    }

    /// <summary>Random bytes for whatever a driver may see of them: stack cookies, rdrand. Live: the system's
    /// generator.</summary>
    public virtual void FillRandom(Span<byte> destination) => RandomNumberGenerator.Fill(destination);

    /// <summary>Same seed, same choices.</summary>
    public static Schedule Seeded(ulong seed) => new SeededSchedule(seed);

    private sealed class LiveSchedule : Schedule
    {
        public override int ChooseThread(int count) => 0;

        public override bool TakeInterruptNow() => true;
    }

    // SplitMix64 (Steele, Lea, Flood 2014): one 64-bit state word, any seed is good.
    private sealed class SeededSchedule(ulong seed) : Schedule
    {
        private ulong _state = seed;

        public override int ChooseThread(int count) => (int)(Next() % (uint)count);

        // Deferring three times of four finds most races; never deferring for ever keeps progress.
        public override bool TakeInterruptNow() => (Next() & 3) == 0;

        public override void FillRandom(Span<byte> destination)
        {
            for (int i = 0; i < destination.Length; i++)
                destination[i] = (byte)Next();
        }

        private ulong Next()
        {
            _state += 0x9E3779B97F4A7C15;
            ulong z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
