namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Memory for a thread object, with the creator's reference; null when there is none.</summary>
    internal static KTHREAD* AllocateThreadObject() =>
        (KTHREAD*)NtKernel.Current.Pages.Allocate(KernelThread.BlockBytes, PageAccess.ReadWrite);

    internal static void InitializeThreadObject(KTHREAD* thread) =>
        InitializeHeader(&thread->Header, KOBJECTS.ThreadObject, KernelThread.BlockBytes, 0);

    /// <summary>Drops the reference that a running thread holds on its own object.</summary>
    internal static void ReleaseThreadObject(KTHREAD* thread) =>
        NtKernel.Current.Pages.Free((ulong)thread, KernelThread.BlockBytes);

    /// <summary>What a thread must have put in order before it ends.</summary>
    internal static void CheckThreadEnd(KernelThread thread)
    {
        NtKernel kernel = NtKernel.Current;
        if (thread.OwnedMutants.Count != 0)
            kernel.BugCheck(
                BugCheckCodes.THREAD_TERMINATE_HELD_MUTEX, (ulong)thread.Block, (ulong)thread.OwnedMutants[0], 0, 0,
                $"a thread ended while it owned the mutex at 0x{thread.OwnedMutants[0]:x}");
        KIRQL irql = kernel.Processor.Irql;
        if (thread.KernelApcDisable != 0 || thread.SpecialApcDisable != 0 || irql != PASSIVE_LEVEL)
            kernel.BugCheck(
                BugCheckCodes.KERNEL_APC_PENDING_DURING_EXIT, 0, (ushort)thread.KernelApcDisable, irql, 0,
                $"a thread ended at {irql}, {-thread.KernelApcDisable} critical and {-thread.SpecialApcDisable} guarded "
                + "regions deep");
    }
}
