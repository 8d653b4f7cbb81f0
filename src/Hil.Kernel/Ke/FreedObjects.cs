namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Stops the machine if something still leads into an image that is about to go away: what is pending in
    /// it, a timer, a DPC or a work item whose routine lies in it, a thread that began there.</summary>
    /// <remarks>WDK: "Bug Check 0xCE": a driver is to cancel and end these before it is unloaded.</remarks>
    public static void RequireNothingOf(NtKernel kernel, LoadedModule image)
    {
        RequireNothingPending(kernel, image.Base, image.Bytes, $"the image of {image.Name}");
        KTIMER* timer = kernel.Timers.FindLeadingTo(image);
        if (timer != null)
            FailUnload(kernel, timer->Dpc->DeferredRoutine.Address, $"{image.Name} leaves a timer behind that is set");
        KDPC* dpc = kernel.Dpcs.FindLeadingTo(image);
        if (dpc != null)
            FailUnload(kernel, dpc->DeferredRoutine.Address, $"{image.Name} leaves a DPC behind that is queued");
        ulong routine = kernel.Scheduler.FindRoutineIn(image, static thread => thread.StartRoutine);
        if (routine != 0)
            FailUnload(kernel, routine, $"{image.Name} leaves a thread behind that has not ended");
        routine = kernel.WorkQueues.FindRoutineIn(image);
        if (routine != 0)
            FailUnload(kernel, routine, $"{image.Name} leaves a work item behind that is queued");
        routine = kernel.Scheduler.FindRoutineIn(image, static thread => thread.WorkRoutine);
        if (routine != 0)
            FailUnload(kernel, routine, $"{image.Name} leaves a work item behind that has not returned");
    }

    private static void FailUnload(NtKernel kernel, ulong routine, string what) =>
        kernel.BugCheck(
            BugCheckCodes.DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS, routine, 0, 0, 0,
            $"{what}, with routine {kernel.Modules.Describe(routine)}");

    /// <summary>Stops the machine if memory that is about to be given back holds a timer that is set, a DPC, an APC or
    /// a work item that is queued, or a lookaside list or a resource that was not deleted: each would be used after the
    /// memory has become something else.</summary>
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
        RequireNoWorkItem(kernel, address, bytes, what);
        RequireDeleted(kernel, address, bytes, what);
    }

    // WDK: "Bug Check 0xE4".
    private static void RequireNoWorkItem(NtKernel kernel, ulong address, ulong bytes, string what)
    {
        WORK_QUEUE_ITEM* item = kernel.WorkQueues.FindIn(address, bytes);
        if (item == null)
            return;
        if (item->WorkerRoutine == kernel.WorkQueues.IoWorker)
            RequireNotQueued((IO_WORKITEM*)item);
        kernel.BugCheck(
            BugCheckCodes.WORKER_INVALID, 0, (ulong)item, address, address + bytes,
            $"{what} at 0x{address:x} was given back with a work item in it that is still queued (0x{(ulong)item:x})");
    }

    // WDK: "Bug Check 0xC4".
    private static void RequireDeleted(NtKernel kernel, ulong address, ulong bytes, string what)
    {
        const ulong HoldsLookaside = 0xCC;
        const ulong HoldsResource = 0xD2;
        Require(HoldsLookaside, kernel.Lookasides.FindIn(address, bytes), "a lookaside list");
        Require(HoldsResource, kernel.Resources.FindIn(address, bytes), "a resource");

        void Require(ulong violation, ulong held, string kind)
        {
            if (held != 0)
                kernel.BugCheck(
                    BugCheckCodes.DRIVER_VERIFIER_DETECTED_VIOLATION, violation, held, address, bytes,
                    $"{what} at 0x{address:x} was given back with {kind} in it that is not deleted (0x{held:x})");
        }
    }
}
