namespace Hil.Machine;

// Handing the turn to the monitor, with what rides along: ends of interrupts, registers of
// another thread, invalidations.
public sealed unsafe partial class VirtualCpu
{
    private const byte NoRequestFlags = 0;

    public void SelectContext(uint contextId)
    {
        Invariant.Holds(contextId < MonitorLayout.ContextCount, "a context id is below the number of save areas");
        _wantedContext = contextId;
    }

    private VcpuExit RunDriver(MonitorRequest request, KIRQL irql)
    {
        bool mustRing = HandOver(request, irql, TakeFlags());
        UpdateTime();
        if (mustRing || !SpinForTurn())
            SleepForTurn(driverRuns: true);
        return ReadExit();
    }

    // After the turn is handed over, since it is the driver that is waited for; before, where the host has slept. What
    // driver code finds in its first moments may be as old as what the host did last, as it is between two ticks.
    private void UpdateTime()
    {
        if (!_isDeterministic)
            _sharedTime.Update();
    }

    /// <summary>Gives the turn to the monitor; true when it slept and was rung for.</summary>
    private bool HandOver(MonitorRequest request, KIRQL irql, byte flags)
    {
        if (_isDeterministic)
            _mailbox.Dword(MonitorLayout.RingDecision) = 0;
        bool mustRing = _mailbox.Post((uint)request, irql.Value, TakeEndOfInterrupts(), flags, (byte)_ringSeen);
        if (_isDeterministic)
            Volatile.Write(ref _mailbox.Dword(MonitorLayout.RingDecision),
                mustRing ? MonitorLayout.Ring : MonitorLayout.NoRing);
        if (mustRing)
            _qemu.Qtest.RingNmi();
        return mustRing;
    }

    private byte TakeEndOfInterrupts()
    {
        byte count = _endOfInterrupts;
        _endOfInterrupts = 0;
        return count;
    }

    private byte TakeFlags()
    {
        byte flags = NoRequestFlags;
        if (_wantsDispatchInterrupt)
        {
            _wantsDispatchInterrupt = false;
            flags |= MonitorLayout.FlagDispatchInterrupt;
        }
        if (_wantedContext != _loadedContext)
            flags |= PrepareContextSwitch();
        if (_ram.HasInvalidations)
            flags |= PrepareInvalidation();
        return flags;
    }

    private byte PrepareContextSwitch()
    {
        const uint DefaultMxcsr = 0x1F80;
        const int MxcsrOffset = 160;
        if (!_hasContext[_wantedContext])
        {
            _hasContext[_wantedContext] = true;
            *(uint*)(_ram.MonitorData + ContextOffset(_wantedContext) + MxcsrOffset) = DefaultMxcsr;
        }
        _mailbox.Operand(MonitorLayout.SaveArea) = MachineLayout.MonitorData + (ulong)ContextOffset(_loadedContext);
        _mailbox.Operand(MonitorLayout.LoadArea) = MachineLayout.MonitorData + (ulong)ContextOffset(_wantedContext);
        _hasContext[_loadedContext] = true;
        _loadedContext = _wantedContext;
        return MonitorLayout.FlagSwitchContext;
    }

    private static int ContextOffset(uint id) => MonitorLayout.Contexts + (int)id * MonitorLayout.ContextBytes;

    private byte PrepareInvalidation()
    {
        bool all = _ram.MustInvalidateAll;
        ReadOnlySpan<ulong> pages = _ram.Invalidations;
        _mailbox.Dword(MonitorLayout.InvalidationCount) = (uint)pages.Length;
        for (int i = 0; i < pages.Length; i++)
            _mailbox.Operand(MonitorLayout.Invalidations + i * 8) = pages[i];
        _ram.ClearInvalidations();
        return all ? MonitorLayout.FlagInvalidateAll : MonitorLayout.FlagInvalidate;
    }
}
