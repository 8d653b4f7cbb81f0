namespace Hil.Kernel;

// A level-triggered line that nobody clears is delivered again as soon as its interrupt is ended, for ever. (QEMU's
// IOAPIC pauses for 10 ms after each 10,000.) Two signs tell it from a busy device: no service routine claims it, many
// times in a row; or one claims it thousands of times while no request ends and no thread is woken, and the processor
// does little else than serve it. The share of time holds on a loaded machine as well, where a rate would not.

/// <summary>Finds out whether an interrupt comes again and again without reason.</summary>
internal sealed class InterruptStorm
{
    private const int UnclaimedMax = 1_000;
    private const int ClaimedMax = 5_000;
    private const int LeastShare = 4; // A quarter of the time is spent in the service routines.

    private int _unclaimed;
    private int _claimed;
    private long _since;
    private long _inService;
    private long _progress;

    /// <summary>Interrupts in a row that led to the last judgement.</summary>
    public int Length { get; private set; }

    /// <summary>Notes one more interrupt; true when it is a storm.</summary>
    /// <param name="progress">A number that changes whenever a request ends or a thread is woken.</param>
    /// <param name="begin">When its service began, in interrupt time.</param>
    /// <param name="end">When its service ended.</param>
    public bool Note(bool claimed, long progress, long begin, long end)
    {
        if (!claimed)
        {
            Length = ++_unclaimed;
            return _unclaimed >= UnclaimedMax;
        }
        _unclaimed = 0;
        if (progress != _progress || _claimed == 0)
            (_progress, _claimed, _since, _inService) = (progress, 0, begin, 0);
        _inService += end - begin;
        if (++_claimed < ClaimedMax)
            return false;
        Length = _claimed;
        _claimed = 0;
        return _inService * LeastShare >= end - _since;
    }

    public void Reset() => (_unclaimed, _claimed) = (0, 0);
}
