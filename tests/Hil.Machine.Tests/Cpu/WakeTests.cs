using System.Diagnostics;

namespace Hil.Machine.Tests.Cpu;

/// <summary>Whoever posts work and wakes the processor's thread relies on it: the thread looks for work once more after
/// it has forgotten an earlier wake.</summary>
public sealed class WakeTests
{
    private const long Ended = -1;

    private long _posted;
    private long _seen;

    [Fact]
    public async Task AWakeIsNeverLostToAnEarlierOne()
    {
        using CpuRig rig = await CpuRig.StartAsync();
        var idler = new Thread(() => SeeWhatIsPosted(rig.Cpu));
        idler.Start();

        (int rounds, int lost) = PostAndWake(rig.Cpu);
        idler.Join();

        Assert.True(rounds > 0);
        Assert.Equal(0, lost);
    }

    // Looks before it idles, as a kernel thread does: so it idles with the wake still there that came with what it has
    // seen, and forgets it at a moment that sweeps over the next post.
    private void SeeWhatIsPosted(VirtualCpu cpu)
    {
        while (_seen != Ended)
        {
            long posted = Volatile.Read(ref _posted);
            if (posted == _seen)
            {
                cpu.Idle(0, long.MaxValue);
                continue;
            }
            Volatile.Write(ref _seen, posted);
            for (long delay = posted % 64; delay > 0; delay--)
                Thread.SpinWait(1);
        }
    }

    // Bounded by rounds and, where both sides must share a core, by time.
    private (int Rounds, int Lost) PostAndWake(VirtualCpu cpu)
    {
        const int Rounds = 1_000_000;
        long end = Stopwatch.GetTimestamp() + 3 * Stopwatch.Frequency;
        int lost = 0;
        int round = 0;
        while (round < Rounds && Stopwatch.GetTimestamp() < end)
        {
            Volatile.Write(ref _posted, ++round);
            cpu.Wake();
            if (!IsSeen(round))
            {
                lost++;
                cpu.Wake();
            }
        }
        Volatile.Write(ref _posted, Ended);
        cpu.Wake();
        return (round, lost);
    }

    private bool IsSeen(int round)
    {
        long patienceEnd = Stopwatch.GetTimestamp() + Stopwatch.Frequency / 2;
        while (Volatile.Read(ref _seen) != round)
        {
            if (Stopwatch.GetTimestamp() >= patienceEnd)
                return false;
        }
        return true;
    }
}
