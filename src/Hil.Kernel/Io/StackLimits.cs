namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Lowest and highest address of the stack that runs.</summary>
    /// <remarks>WDK: IoGetStackLimits.</remarks>
    [Export]
    public static void IoGetStackLimits(ulong* lowLimit, ulong* highLimit)
    {
        GuestStack stack = RunningStack();
        *lowLimit = stack.Limit;
        *highLimit = stack.Top;
    }

    /// <summary>Bytes that are left on the stack that runs.</summary>
    /// <remarks>WDK: IoGetRemainingStackSize.</remarks>
    [Export]
    public static nuint IoGetRemainingStackSize() =>
        (nuint)(Processor.Current.Context.StackPointer - RunningStack().Limit);

    /// <summary>Whether all of a range lies on the stack that runs.</summary>
    /// <remarks>WDK: IoWithinStackLimits.</remarks>
    [Export]
    public static uint IoWithinStackLimits(nuint regionStart, nuint regionSize)
    {
        GuestStack stack = RunningStack();
        return regionStart >= stack.Limit && regionStart <= stack.Top && regionSize <= stack.Top - regionStart
            ? 1u
            : 0;
    }

    /// <summary>Where the running thread's stack begins.</summary>
    /// <remarks>WDK: IoGetInitialStack.</remarks>
    [Export]
    public static void* IoGetInitialStack() => (void*)NtKernel.Current.Scheduler.CurrentThread.Stack.Top;

    private static GuestStack RunningStack()
    {
        NtKernel kernel = NtKernel.Current;
        ulong stackPointer = kernel.Processor.Context.StackPointer;
        if (kernel.Dpcs.Stack.Contains(stackPointer))
            return kernel.Dpcs.Stack;
        return kernel.Interrupts.Stack.Contains(stackPointer)
            ? kernel.Interrupts.Stack
            : kernel.Scheduler.CurrentThread.Stack;
    }
}
