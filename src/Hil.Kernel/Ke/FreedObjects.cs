namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Stops the machine if memory that is about to be given back holds a timer that is set, or a DPC or an
    /// APC that is queued: each would be used after the memory has become something else.</summary>
    /// <param name="what">What the memory is, for the report: "pool", "the image of edu.sys".</param>
    internal static void RequireNothingPending(NtKernel kernel, ulong address, ulong bytes, string what)
    {
        KTIMER* timer = kernel.Timers.FindIn(address, bytes);
        if (timer != null)
            kernel.BugCheck(
                BugCheckCodes.TIMER_OR_DPC_INVALID, 0, (ulong)timer, address, bytes,
                $"{what} at 0x{address:x} was given back with a timer in it that is still set (0x{(ulong)timer:x})");
        KDPC* dpc = kernel.Dpcs.FindIn(address, bytes);
        if (dpc != null)
            kernel.BugCheck(
                BugCheckCodes.TIMER_OR_DPC_INVALID, 1, (ulong)dpc, address, bytes,
                $"{what} at 0x{address:x} was given back with a DPC in it that is still queued (0x{(ulong)dpc:x})");
        KAPC* apc = kernel.Scheduler.FindApcIn(address, bytes);
        if (apc != null)
            kernel.BugCheck(
                BugCheckCodes.TIMER_OR_DPC_INVALID, 2, (ulong)apc, address, bytes,
                $"{what} at 0x{address:x} was given back with an APC in it that is still queued (0x{(ulong)apc:x})");
    }
}
