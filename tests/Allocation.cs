namespace Hil.Tests;

/// <summary>Measures managed allocation on the calling thread.</summary>
public static class Allocation
{
    private const int Windows = 5;

    /// <summary>Bytes that a piece of work allocates, the least of several runs. A collection that another thread
    /// causes charges the rest of the thread's allocation buffer, up to 8 KB, to the run it falls into; work that
    /// really allocates does so each time. Likewise a wait or a lock that is contended for the first time makes its
    /// waiter object once.</summary>
    public static long Least(Action work)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Windows && least != 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
