using Hil.Kernel.Platform;
using Hil.Wdm;

namespace Hil.Loader.Tests;

/// <summary>A virtual processor that runs nothing: each call of driver code is answered by the test.</summary>
internal sealed unsafe class ScriptedProcessor : IVirtualProcessor
{
    private readonly SemaphoreSlim _wake = new(0);
    private readonly ulong _home;

    public ScriptedProcessor(ulong home) => _home = home;

    /// <summary>Stands for the driver's code: gets entry point and the first two arguments, gives RAX.</summary>
    public Func<ulong, ulong, ulong, ulong> Code { get; set; } = (_, _, _) => 0;

    /// <summary>The number of an import stub that the next call makes a kernel call to, before it returns.</summary>
    public uint? CallsStub { get; set; }

    public List<(ulong Address, int Bytes)> CodeWrites { get; } = [];

    public Dictionary<string, ulong> GuestRoutines { get; } = [];

    public bool HasPendingInterrupt => false;

    public ulong StubBase => 0x5000_0000;

    public uint StubCount { get; set; } = 4096;

    public VcpuExit Call(ulong entry, ulong stackPointer, ulong rcx, ulong rdx, ulong r8, ulong r9, KIRQL irql)
    {
        if (CallsStub is { } stub)
        {
            CallsStub = null;
            ((KernelCallFrame*)_home)->ReturnAddress = entry + 5;
            return new VcpuExit(VcpuExitReason.KernelCall, irql, stub, _home);
        }
        return new VcpuExit(VcpuExitReason.Returned, irql, Code(entry, rcx, rdx), 0);
    }

    public VcpuExit ResumeCall(ulong frame, ulong result, KIRQL irql) => new(VcpuExitReason.Returned, irql, result, 0);

    public VcpuExit ResumeTrap(ulong frame, KIRQL irql) => throw new NotSupportedException();

    public bool TryTakeInterrupt(KIRQL irql, out byte vector) => throw new NotSupportedException();

    public void EndOfInterrupt() => throw new NotSupportedException();

    public void RequestDispatchInterrupt() => throw new NotSupportedException();

    public void Idle(KIRQL irql, long deadline) => _wake.Wait();

    public void Wake() => _wake.Release();

    public void ArmPreemption(long deadline)
    {
    }

    public void SelectContext(uint contextId)
    {
    }

    public ulong FindGuestRoutine(string name) => GuestRoutines.GetValueOrDefault(name);

    public void WriteCode(ulong address, ReadOnlySpan<byte> bytes)
    {
        CodeWrites.Add((address, bytes.Length));
        bytes.CopyTo(new Span<byte>((void*)address, bytes.Length));
    }
}
