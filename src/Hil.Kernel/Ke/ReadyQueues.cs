using System.Numerics;

namespace Hil.Kernel;

/// <summary>Threads that could run, by priority, in order of arrival.</summary>
internal sealed class ReadyQueues
{
    private readonly KernelThread?[] _heads = new KernelThread?[Scheduler.Priorities];
    private readonly KernelThread?[] _tails = new KernelThread?[Scheduler.Priorities];
    private uint _summary; // Bit n is set when queue n is not empty.

    public bool IsEmpty => _summary == 0;

    /// <summary>Highest priority with a thread ready, or -1.</summary>
    public int Top => 31 - BitOperations.LeadingZeroCount(_summary);

    public void AddLast(KernelThread thread)
    {
        thread.NextReady = null;
        if (_tails[thread.Priority] is { } tail)
            tail.NextReady = thread;
        else
            _heads[thread.Priority] = thread;
        _tails[thread.Priority] = thread;
        _summary |= 1u << thread.Priority;
    }

    /// <summary>For a thread that was preempted: it goes on before its equals.</summary>
    public void AddFirst(KernelThread thread)
    {
        thread.NextReady = _heads[thread.Priority];
        _heads[thread.Priority] = thread;
        _tails[thread.Priority] ??= thread;
        _summary |= 1u << thread.Priority;
    }

    public int CountAt(int priority)
    {
        int count = 0;
        for (KernelThread? thread = _heads[priority]; thread != null; thread = thread.NextReady)
            count++;
        return count;
    }

    /// <summary>Takes the next thread of the highest priority; null when there is none.</summary>
    public KernelThread? TakeNext(Schedule schedule)
    {
        int top = Top;
        if (top < 0)
            return null;
        KernelThread chosen = _heads[top]!;
        if (chosen.NextReady != null)
        {
            for (int skip = schedule.ChooseThread(CountAt(top)); skip > 0; skip--)
                chosen = chosen.NextReady!;
        }
        Remove(chosen);
        return chosen;
    }

    public void Remove(KernelThread thread)
    {
        int priority = thread.Priority;
        KernelThread? previous = null;
        for (KernelThread? at = _heads[priority]; at != thread; at = at!.NextReady)
            previous = at;
        if (previous == null)
            _heads[priority] = thread.NextReady;
        else
            previous.NextReady = thread.NextReady;
        if (_tails[priority] == thread)
            _tails[priority] = previous;
        if (_heads[priority] == null)
            _summary &= ~(1u << priority);
        thread.NextReady = null;
    }
}
