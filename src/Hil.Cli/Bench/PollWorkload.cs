using Hil.Trace;

namespace Hil.Cli.Bench;

/// <summary>What a driver does that polls: status reads until ready, a data read, now and then a command. Times have
/// the noise of real accesses, data is a different 12-bit sample each time.</summary>
internal sealed class PollWorkload
{
    private const int PoolRecords = 1 << 18;

    // One to five microseconds between accesses, in 100 ns units.
    private const int StepMin = 10, StepRange = 40;
    private const int CommandEvery = 16;
    private const int Seed = 7;
    private const ulong Code = 0x1000_0000_1000, Registers = 0xFEA0_0000;
    private const int InstructionBytes = 7;
    private const uint Busy = 0x80, Ready = 0x81;

    private readonly Event[] _pool = new Event[PoolRecords];

    public PollWorkload()
    {
        var random = new Random(Seed);
        int at = 0;
        for (int sample = 0; at < _pool.Length; sample++)
        {
            for (int polls = random.Next(4); polls > 0; polls--)
                Put(ref at, random, isWrite: false, site: 0, Busy);
            Put(ref at, random, isWrite: false, site: 0, Ready);
            Put(ref at, random, isWrite: false, site: 1, (uint)random.Next(1 << 12));
            if (sample % CommandEvery == 0)
                Put(ref at, random, isWrite: true, site: 2, (uint)(sample / CommandEvery % 4));
        }
    }

    private void Put(ref int at, Random random, bool isWrite, byte site, uint value)
    {
        if (at < _pool.Length)
            _pool[at++] = new Event((byte)(StepMin + random.Next(StepRange)), site, isWrite, value);
    }

    /// <summary>Records so many events.</summary>
    public void Record(TraceWriter writer, int count)
    {
        ulong device = writer.DefineString("edu");
        Span<ulong> sites = stackalloc ulong[3];
        for (int i = 0; i < sites.Length; i++)
        {
            ulong access = i == 2 ? 4 | TraceSite.WriteAccess : 4;
            ulong place = writer.DefineString($"edu.sys+0x{i * InstructionBytes:x}");
            ulong offset = (ulong)i * 4;
            sites[i] = writer.DefineSite(new TraceSite(
                Code + (ulong)(i * InstructionBytes), 0, Registers + offset, access, device, 0, offset, place));
        }
        long time = 0;
        for (int i = 0; i < count; i++)
        {
            ref Event next = ref _pool[i & (PoolRecords - 1)];
            time += next.Step;
            writer.Add(next.IsWrite ? TraceKind.Write : TraceKind.Read, time, sites[next.Site], next.Value);
        }
    }

    private readonly record struct Event(byte Step, byte Site, bool IsWrite, uint Value);
}
