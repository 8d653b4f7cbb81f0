using System.Numerics;

namespace Hil.Kernel.Tests;

/// <summary>A processor that takes interrupts and idles, but runs no machine code: all drivers are managed.</summary>
public sealed class TestVirtualProcessor(TestMemory memory, TestClock clock) : IVirtualProcessor
{
    private const int StuckLimitMs = 20_000;
    private const int JumpsMax = 1_000_000;

    private readonly ulong[] _requested = new ulong[4]; // Bit n: vector n waits to be taken.
    private readonly Stack<byte> _inService = new();
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wake = new(0);
    private volatile int _pending;
    private int _jumps;

    /// <summary>Set by the interrupt controller: a level-triggered line may come again once its interrupt is
    /// ended.</summary>
    public Action<byte>? Ended { get; set; }

    public ulong StubBase => memory.StubBase;

    public uint StubCount => memory.StubCount;

    public bool HasPendingInterrupt => _pending != 0;

    /// <summary>Vectors taken and not ended yet, the last one first.</summary>
    public IReadOnlyCollection<byte> InService => _inService;

    /// <summary>Context that was selected last.</summary>
    public uint Context { get; private set; }

    /// <summary>How often the processor had nothing to do.</summary>
    public int Idles { get; private set; }

    /// <summary>Makes a vector pending; once, however often it is raised before it is taken.</summary>
    public void Raise(byte vector)
    {
        lock (_lock)
        {
            ref ulong word = ref _requested[vector / 64];
            ulong bit = 1UL << (vector % 64);
            if ((word & bit) == 0)
            {
                word |= bit;
                _pending++;
            }
        }
        Wake();
    }

    public bool TryTakeInterrupt(KIRQL irql, out byte vector)
    {
        lock (_lock)
        {
            vector = Highest();
            if (_pending == 0 || vector >> 4 <= irql.Value)
                return false;
            _requested[vector / 64] &= ~(1UL << (vector % 64));
            _pending--;
            _inService.Push(vector);
            return true;
        }
    }

    public void EndOfInterrupt()
    {
        Assert.True(_inService.TryPop(out byte vector), "an interrupt is ended that is not in service");
        Ended?.Invoke(vector);
    }

    public void Idle(KIRQL irql, long deadline)
    {
        Idles++;
        if (_wake.Wait(0) || HasPendingInterrupt)
            return;
        if (deadline != long.MaxValue && clock.MayJump)
        {
            clock.AdvanceTo(deadline);
            if (++_jumps > JumpsMax)
                throw new MachineLostException("time was skipped a million times: a thread waits for what never comes");
            return;
        }
        if (!_wake.Wait(clock.MayJump ? StuckLimitMs : Timeout.Infinite))
            throw new MachineLostException("every thread waits, and nothing is left that could wake one");
    }

    public void Wake() => _wake.Release();

    public void SelectContext(uint contextId) => Context = contextId;

    public void ArmPreemption(long deadline)
    {
    }

    public void RequestDispatchInterrupt()
    {
    }

    public ulong FindGuestRoutine(string name) => 0;

    public unsafe void WriteCode(ulong address, ReadOnlySpan<byte> bytes) =>
        bytes.CopyTo(new Span<byte>((void*)address, bytes.Length));

    public VcpuExit Call(ulong entry, ulong stackPointer, ulong rcx, ulong rdx, ulong r8, ulong r9, KIRQL irql) =>
        throw new MachineLostException(
            $"0x{entry:x} is no routine of a managed driver, and this machine runs no other code");

    public VcpuExit ResumeCall(ulong frame, ulong result, KIRQL irql) => throw new NotSupportedException();

    public VcpuExit ResumeTrap(ulong frame, KIRQL irql) => throw new NotSupportedException();

    private byte Highest()
    {
        for (int i = _requested.Length - 1; i >= 0; i--)
        {
            if (_requested[i] != 0)
                return (byte)(i * 64 + 63 - BitOperations.LeadingZeroCount(_requested[i]));
        }
        return 0;
    }
}
