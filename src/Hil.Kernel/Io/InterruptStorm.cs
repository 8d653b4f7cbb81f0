namespace Hil.Kernel;

// A level-triggered line that nobody clears is delivered again as soon as its interrupt is ended, for ever. Two signs tell
// it from a busy device: no service routine claims it, many times in a row; or one claims it at a rate that no device has,
// and in all that time no thread was woken.

/// <summary>Finds out whether an interrupt comes again and again without reason.</summary>
internal sealed class InterruptStorm
{
    private const int UnclaimedMax = 1_000;
    private const int ClaimedMax = 100_000;
    private const long ClaimedWithin = 50_000_000; // 5 s: 20,000 a second, all the while without effect.

    private int _unclaimed;
    private int _claimed;
    private long _since;
    private long _wakes;

    /// <summary>Interrupts in a row that led to the last judgement.</summary>
    public int Length { get; private set; }

    /// <summary>Notes one more interrupt; true when it is a storm.</summary>
    public bool Note(bool claimed, long wakes, IClock clock)
    {
        if (!claimed)
        {
            Length = ++_unclaimed;
            return _unclaimed >= UnclaimedMax;
        }
        _unclaimed = 0;
        if (wakes != _wakes || _claimed == 0)
        {
            (_wakes, _claimed, _since) = (wakes, 1, clock.InterruptTime);
            return false;
        }
        if (++_claimed < ClaimedMax)
            return false;
        Length = _claimed;
        _claimed = 0;
        return clock.InterruptTime - _since <= ClaimedWithin;
    }

    public void Reset() => (_unclaimed, _claimed) = (0, 0);
}
