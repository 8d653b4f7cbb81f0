namespace Hil.Kernel;

// Out to driver code. A native routine is one call of Run, which serves the routine's exits until it returns.
public sealed unsafe partial class Processor
{
    private const ulong HomeBytes = 0x20;

    /// <summary>Calls a routine of a driver, native or managed, at the current IRQL and on the current stack.</summary>
    /// <returns>RAX; the upper bits of a narrower result are undefined.</returns>
    public ulong Call(DriverRoutine routine, void* a0 = null, void* a1 = null, void* a2 = null, void* a3 = null) =>
        Call(routine, (ulong)a0, (ulong)a1, (ulong)a2, (ulong)a3);

    /// <inheritdoc cref="Call(DriverRoutine, void*, void*, void*, void*)"/>
    public ulong Call(DriverRoutine routine, ulong a0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        KIRQL irql = Irql;
        ulong result = CallChangingIrql(routine, a0, a1, a2, a3);
        if (Irql != irql)
            FailIrql(routine, irql);
        return result;
    }

    /// <summary>Calls a routine with any number of arguments.</summary>
    public ulong Call(DriverRoutine routine, ReadOnlySpan<ulong> arguments)
    {
        const int RegisterArguments = 4;
        KIRQL irql = Irql;
        ulong* padded = stackalloc ulong[Math.Max(arguments.Length, RegisterArguments)];
        new Span<ulong>(padded, RegisterArguments).Clear();
        arguments.CopyTo(new Span<ulong>(padded, arguments.Length));
        ulong result;
        if (_kernel.Gate.TryFind(routine.Address, out ManagedRoutine managed))
        {
            result = managed(padded);
        }
        else
        {
            ulong further = (ulong)Math.Max(0, arguments.Length - RegisterArguments);
            ulong stackPointer = (_stackPointer - HomeBytes - further * 8) & ~0xFUL;
            for (ulong i = 0; i < further; i++)
                ((ulong*)(stackPointer + HomeBytes))[i] = padded[RegisterArguments + i];
            result = Run(routine.Address, stackPointer, padded[0], padded[1], padded[2], padded[3]);
        }
        if (Irql != irql)
            FailIrql(routine, irql);
        return result;
    }

    /// <summary>As Call, for routines whose contract is to return at another IRQL (a cancel routine releases the cancel
    /// spin lock); the caller checks it.</summary>
    public ulong CallChangingIrql(DriverRoutine routine, ulong a0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        if (_kernel.Gate.TryFind(routine.Address, out ManagedRoutine managed))
        {
            ulong* arguments = stackalloc ulong[4] { a0, a1, a2, a3 };
            return managed(arguments);
        }
        return Run(routine.Address, (_stackPointer - HomeBytes) & ~0xFUL, a0, a1, a2, a3);
    }

    /// <summary>As Call, on another stack unless that one is in use already (an ISR above an ISR goes on
    /// below it).</summary>
    public ulong CallOn(GuestStack stack, DriverRoutine routine, ulong a0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        ulong saved = _stackPointer;
        if (!stack.Contains(saved))
            _stackPointer = stack.Top;
        ulong result = Call(routine, a0, a1, a2, a3);
        _stackPointer = saved;
        return result;
    }

    /// <summary>As CallOn, for service routines and DPCs: they are no callees of the code that they cut into, and their
    /// exceptions end with them.</summary>
    public ulong Interrupt(GuestStack stack, DriverRoutine routine, ulong a0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        var interruption = new DriverCall { Outer = _call, IsInterruption = true };
        _call = &interruption;
        ulong result = CallOn(stack, routine, a0, a1, a2, a3);
        _call = interruption.Outer;
        return result;
    }

    /// <summary>As Call, for APCs: they are no callees of the code that they cut into, either.</summary>
    public void CallApc(DriverRoutine routine, ReadOnlySpan<ulong> arguments)
    {
        var interruption = new DriverCall { Outer = _call, IsInterruption = true, IsApc = true };
        _call = &interruption;
        Call(routine, arguments);
        _call = interruption.Outer;
    }

    private ulong Run(ulong entry, ulong stackPointer, ulong a0, ulong a1, ulong a2, ulong a3)
    {
        (ulong stackBefore, VcpuExit exitBefore, KIRQL entryBefore) = (_stackPointer, _lastExit, _entryIrql);
        var call = new DriverCall
        {
            Outer = _call, Entry = entry, Suspended = _lastExit, StackPointer = stackPointer,
        };
        _call = &call;
        ManagedCall managed = Pause();
        _entryIrql = Irql;
        Depth++;
        VcpuExit exit;
        do
        {
            PrepareEntry();
            exit = _vcpu.Call(entry, stackPointer, a0, a1, a2, a3, Irql);
        }
        while (exit.Reason == VcpuExitReason.NotStarted);

        while (exit.Reason != VcpuExitReason.Returned)
            exit = Serve(exit);

        ObserveDevices();
        Depth--;
        _call = call.Outer;
        GoOn(managed);
        Irql = exit.Irql;
        (_stackPointer, _lastExit, _entryIrql) = (stackBefore, exitBefore, entryBefore);
        return exit.Value;
    }

    private void FailIrql(DriverRoutine routine, KIRQL expected) =>
        _kernel.BugCheck(Describe(
            BugCheckCodes.IRQL_UNEXPECTED_VALUE,
            ((ulong)Irql.Value << 16) | ((ulong)expected.Value << 8), routine.Address, 0, 0,
            $"{_kernel.Modules.Describe(routine.Address)} was called at {expected} and returned at {Irql}")
            with { Rip = routine.Address });
}
