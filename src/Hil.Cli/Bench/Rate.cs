using System.Diagnostics;

namespace Hil.Cli.Bench;

/// <summary>Times a repeated action: the best of several rounds, since whatever else the machine does
/// only adds.</summary>
internal static class Rate
{
    // Short rounds, so that some fall between what else the machine does.
    private const int Rounds = 35;
    private const double RoundSeconds = 0.03;

    // Where the system puts the threads decides more than what is compared, and it moves them now and then.
    private const int InterleavedRounds = 120;

    /// <summary>Nanoseconds per repetition. <paramref name="repeat"/> runs its action as often as it is told.</summary>
    public static double Nanoseconds(Action<int> repeat)
    {
        int count = Calibrate(repeat);
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
            best = Math.Min(best, Time(repeat, count));
        return best;
    }

    /// <summary>Nanoseconds per repetition of each of several actions, whose rounds alternate: what the machine does
    /// besides meets all of them alike.</summary>
    public static double[] Interleaved(params Action<int>[] repeats)
    {
        int[] counts = [.. repeats.Select(Calibrate)];
        var best = new double[repeats.Length];
        Array.Fill(best, double.MaxValue);
        for (int round = 0; round < InterleavedRounds; round++)
        {
            for (int i = 0; i < repeats.Length; i++)
                best[i] = Math.Min(best[i], Time(repeats[i], counts[i]));
        }
        return best;
    }

    // Also what lets the runtime compile the hot code before it is timed. A round that something held up is no measure
    // of a count: of three the quickest is.
    private static int Calibrate(Action<int> repeat)
    {
        const int CountMax = 10_000_000, Tries = 3;
        int count = 16;
        while (count < CountMax)
        {
            double seconds = Enumerable.Range(0, Tries).Min(_ => Time(repeat, count)) * count / 1e9;
            if (seconds >= RoundSeconds)
                break;
            count = Math.Min(CountMax, (int)(count * Math.Clamp(RoundSeconds / Math.Max(seconds, 1e-9), 2, 16)));
        }
        return count;
    }

    private static double Time(Action<int> repeat, int count)
    {
        long start = Stopwatch.GetTimestamp();
        repeat(count);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / count;
    }
}
