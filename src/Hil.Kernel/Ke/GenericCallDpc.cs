namespace Hil.Kernel;

// The undocumented but widely used way to run a DPC on all processors at once. With one processor the barriers that the
// routine is given never hold anybody up.

public static unsafe partial class Ntoskrnl
{
    private const uint GenericDpcTag = 0x43447047; // 'GpDC'

    private struct GenericDpc
    {
        public KDPC Dpc;
        public int Done;
        public int Synchronized;
    }

    /// <summary>Runs a DPC routine on every processor and waits for all of them.</summary>
    [Export(MaxIrql = APC_LEVEL)]
    public static void KeGenericCallDpc(DriverRoutine routine, void* context)
    {
        NtKernel kernel = NtKernel.Current;
        var call = (GenericDpc*)kernel.Pool.Allocate((nuint)sizeof(GenericDpc), GenericDpcTag, zero: true);
        Invariant.Holds(call != null, "there is room for one DPC");
        KeInitializeDpc(&call->Dpc, routine, context);
        KeInsertQueueDpc(&call->Dpc, &call->Done, &call->Synchronized);
        KeFlushQueuedDpcs();
        kernel.Pool.Free(call);
    }

    /// <summary>Tells KeGenericCallDpc that the routine has done its part.</summary>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static void KeSignalCallDpcDone(void* systemArgument1) =>
        ++*PointerCheck.Follow<int>(systemArgument1, "SystemArgument1");

    /// <summary>Waits for the routine on the other processors; TRUE on one of them.</summary>
    [Export(MinIrql = DISPATCH_LEVEL, MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeSignalCallDpcSynchronize(void* systemArgument2)
    {
        ++*PointerCheck.Follow<int>(systemArgument2, "SystemArgument2");
        return true;
    }
}
