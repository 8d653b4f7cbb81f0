namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint ExpansionBytesMax = 0x12000 - 0x1000; // MAXIMUM_EXPANSION_SIZE on x64.

    /// <summary>Calls a routine on a stack that has at least <paramref name="size"/> bytes left.</summary>
    /// <returns>STATUS_INVALID_PARAMETER_3 for a size beyond MAXIMUM_EXPANSION_SIZE.</returns>
    /// <remarks>WDK: KeExpandKernelStackAndCallout.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS KeExpandKernelStackAndCallout(DriverRoutine callout, void* parameter, nuint size)
    {
        if (size > ExpansionBytesMax)
            return STATUS_INVALID_PARAMETER_3;
        NtKernel kernel = NtKernel.Current;
        GuestStack stack = kernel.Pages.AllocateStack((int)((size + 2 * PAGE_SIZE - 1) & ~(nuint)(PAGE_SIZE - 1)));
        GuestStack usual = kernel.Scheduler.SwitchStack(stack);
        try
        {
            kernel.Processor.CallOn(stack, callout, (ulong)parameter);
        }
        finally
        {
            // An exception of the callout may be handled by the caller.
            kernel.Scheduler.SwitchStack(usual);
            kernel.Pages.FreeStack(stack);
        }
        return STATUS_SUCCESS;
    }

    /// <summary>As KeExpandKernelStackAndCallout; the stack is never waited for, so <paramref name="wait"/> changes
    /// nothing.</summary>
    /// <remarks>WDK: KeExpandKernelStackAndCalloutEx.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS KeExpandKernelStackAndCalloutEx(
        DriverRoutine callout, void* parameter, nuint size, BOOLEAN wait, void* context) =>
        KeExpandKernelStackAndCallout(callout, parameter, size);
}
