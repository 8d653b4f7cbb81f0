namespace Hil.Kernel;

// A binary heap of due times. An entry is a driver's KTIMER or a thread's timeout. The place of a KTIMER in the heap is
// kept in its own TimerListEntry, which is opaque to drivers, and is checked before it is believed.

/// <summary>Kernel timers and timeouts by due time, in interrupt time (100 ns units).</summary>
public sealed unsafe class TimerQueue
{
    private const long TicksPerMs = 10_000;

    private readonly NtKernel _kernel;
    private Entry[] _heap = new Entry[64];
    private ulong _sequence;

    internal TimerQueue(NtKernel kernel) => _kernel = kernel;

    /// <summary>Timers and timeouts that are set.</summary>
    public int Count { get; private set; }

    /// <summary>Interrupt time at which the next one is due; long.MaxValue when there is none.</summary>
    public long NextDue => Count == 0 ? long.MaxValue : _heap[0].Due;

    /// <summary>Whether one is due by now.</summary>
    internal bool IsDue => Count != 0 && _kernel.Clock.HasCome(_heap[0].Due);

    /// <summary>Interrupt time for a due time as drivers give it: negative is relative, else it is system
    /// time.</summary>
    internal static long ToInterruptTime(IClock clock, long dueTime)
    {
        long now = clock.InterruptTime;
        if (dueTime >= 0)
            return dueTime - clock.SystemTime + now;
        long due = now - dueTime;
        return due < 0 ? long.MaxValue : due;
    }

    internal void Set(KTIMER* timer, long due)
    {
        timer->DueTime.QuadPart = due;
        timer->Header.Inserted = 1;
        Insert(new Entry { Due = due, Timer = timer });
    }

    /// <summary>Takes a timer out; false if it was not set.</summary>
    internal bool Cancel(KTIMER* timer)
    {
        int index = Find(timer);
        timer->Header.Inserted = 0;
        if (index < 0)
            return false;
        RemoveAt(index);
        return true;
    }

    internal bool IsSet(KTIMER* timer) => Find(timer) >= 0;

    internal void Set(KernelThread thread, long due) => Insert(new Entry { Due = due, Thread = thread });

    internal void Cancel(KernelThread thread)
    {
        if (thread.TimerIndex >= 0)
            RemoveAt(thread.TimerIndex);
    }

    /// <summary>A timer that is still set in a range of memory that is about to be freed, or null.</summary>
    internal KTIMER* FindIn(ulong address, ulong bytes)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_heap[i].Timer != null && (ulong)_heap[i].Timer - address < bytes)
                return _heap[i].Timer;
        }
        return null;
    }

    /// <summary>A timer that is set and whose DPC routine lies in an image, or null.</summary>
    internal KTIMER* FindLeadingTo(LoadedModule image)
    {
        for (int i = 0; i < Count; i++)
        {
            KTIMER* timer = _heap[i].Timer;
            if (timer != null && timer->Dpc != null && PointerCheck.IsReadable((ulong)timer->Dpc, (ulong)sizeof(KDPC))
                && image.Contains(timer->Dpc->DeferredRoutine.Address))
                return timer;
        }
        return null;
    }

    /// <summary>Expires what is due, in order of due time: signals timers, queues their DPCs, ends timeouts. At
    /// DISPATCH_LEVEL.</summary>
    internal void Expire()
    {
        if (Count == 0)
            return;
        long now = _kernel.Clock.InterruptTime;
        while (Count != 0 && _heap[0].Due <= now)
        {
            Entry entry = _heap[0];
            RemoveAt(0);
            if (entry.Thread != null)
                _kernel.Scheduler.EndWait(entry.Thread, STATUS_TIMEOUT);
            else
                Expire(entry.Timer, entry.Due, now);
        }
    }

    private void Expire(KTIMER* timer, long due, long now)
    {
        if (!Ntoskrnl.IsTimer(&timer->Header))
            FailNoTimer(timer);
        timer->Header.Inserted = 0;
        if (timer->Period != 0)
        {
            long period = timer->Period * TicksPerMs;
            Set(timer, due + period > now ? due + period : now + period);
        }
        Ntoskrnl.SignalTimer(timer);
    }

    private void FailNoTimer(KTIMER* timer) =>
        _kernel.BugCheck(
            BugCheckCodes.TIMER_OR_DPC_INVALID, 0, (ulong)timer, 0, 0,
            $"the timer at 0x{(ulong)timer:x} came due, but its memory was overwritten or freed while it was set");

    private void Insert(in Entry entry)
    {
        if (Count == _heap.Length)
            Array.Resize(ref _heap, Count * 2);
        _heap[Count] = entry;
        _heap[Count].Sequence = _sequence++;
        SiftUp(Count++);
        if (_heap[0].Due == entry.Due)
            _kernel.Scheduler.ArmAtMost(entry.Due);
    }

    private void RemoveAt(int index)
    {
        if (_heap[index].Thread is { } thread)
            thread.TimerIndex = -1;
        int last = --Count;
        if (index != last)
        {
            _heap[index] = _heap[last];
            SiftDown(index);
            SiftUp(index);
        }
        _heap[last] = default;
    }

    private void SiftUp(int index)
    {
        while (index > 0 && IsBefore(index, (index - 1) / 2))
        {
            Swap(index, (index - 1) / 2);
            index = (index - 1) / 2;
        }
        NoteIndex(index);
    }

    private void SiftDown(int index)
    {
        while (true)
        {
            int child = index * 2 + 1;
            if (child + 1 < Count && IsBefore(child + 1, child))
                child++;
            if (child >= Count || !IsBefore(child, index))
                break;
            Swap(index, child);
            index = child;
        }
        NoteIndex(index);
    }

    private bool IsBefore(int left, int right) =>
        _heap[left].Due < _heap[right].Due
        || (_heap[left].Due == _heap[right].Due && _heap[left].Sequence < _heap[right].Sequence);

    private void Swap(int left, int right)
    {
        (_heap[left], _heap[right]) = (_heap[right], _heap[left]);
        NoteIndex(left);
        NoteIndex(right);
    }

    private void NoteIndex(int index)
    {
        if (_heap[index].Thread is { } thread)
            thread.TimerIndex = index;
        else
            _heap[index].Timer->TimerListEntry.Flink = (LIST_ENTRY*)(nint)index;
    }

    private int Find(KTIMER* timer)
    {
        ulong noted = (ulong)timer->TimerListEntry.Flink;
        if (noted < (ulong)Count && _heap[noted].Timer == timer)
            return (int)noted;
        for (int i = 0; i < Count; i++)
        {
            if (_heap[i].Timer == timer)
                return i;
        }
        return -1;
    }

    private struct Entry
    {
        public long Due;
        public ulong Sequence; // Equal due times expire in the order they were set.
        public KTIMER* Timer;
        public KernelThread? Thread;
    }
}
