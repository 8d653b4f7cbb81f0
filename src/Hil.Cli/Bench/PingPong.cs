using System.Runtime.InteropServices;

namespace Hil.Cli.Bench;

/// <summary>Two threads hand one cache line to and fro: the limit of what two cores can do to each other.</summary>
internal static unsafe class PingPong
{
    private const int LineBytes = 128;

    /// <summary>Makes so many round trips.</summary>
    public static void Run(int count)
    {
        long* line = (long*)NativeMemory.AlignedAlloc(LineBytes, LineBytes);
        try
        {
            Run(line, count);
        }
        finally
        {
            NativeMemory.AlignedFree(line);
        }
    }

    private static void Run(long* line, int count)
    {
        *line = 0;
        var other = new Thread(() => Answer(line, count));
        other.Start();
        for (int i = 0; i < count; i++)
        {
            Volatile.Write(ref *line, 1);
            WaitFor(line, 0);
        }
        other.Join();
    }

    private static void Answer(long* line, int count)
    {
        for (int i = 0; i < count; i++)
        {
            WaitFor(line, 1);
            Volatile.Write(ref *line, 0);
        }
    }

    // On one core the other side only runs when we let it.
    private static void WaitFor(long* line, long value)
    {
        const int SpinsBeforeYield = 20_000;
        int spins = Environment.ProcessorCount > 1 ? 0 : SpinsBeforeYield;
        while (Volatile.Read(ref *line) != value)
        {
            if (++spins > SpinsBeforeYield)
                Thread.Yield();
        }
    }
}
