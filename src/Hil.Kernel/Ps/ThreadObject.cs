namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint ThreadTag = 0x65726854; // 'Thre'

    /// <summary>Creates a thread object; its first reference is the thread's own, given back when it has ended. Null
    /// when memory is exhausted.</summary>
    internal static KTHREAD* AllocateThreadObject()
    {
        NtKernel kernel = NtKernel.Current;
        void* block = kernel.Pool.Allocate(KernelThread.BlockBytes, ThreadTag, zero: true);
        if (block != null)
            kernel.Objects.Add(
                ObjectType.Thread, block, deleted: static thread => NtKernel.Current.Pool.Free((void*)thread.Address));
        return (KTHREAD*)block;
    }

    internal static void InitializeThreadObject(KTHREAD* thread) =>
        InitializeHeader(&thread->Header, KOBJECTS.ThreadObject, KernelThread.BlockBytes, 0);

    /// <summary>Gives the thread's own reference back.</summary>
    internal static void ReleaseThreadObject(KTHREAD* thread)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        KernelObject? record = objects.Find(thread);
        if (record != null)
            objects.Dereference(record);
    }

    /// <summary>What a thread must have put in order before it ends.</summary>
    internal static void CheckThreadEnd(KernelThread thread)
    {
        NtKernel kernel = NtKernel.Current;
        if (thread.OwnedMutants.Count != 0)
            kernel.BugCheck(
                BugCheckCodes.THREAD_TERMINATE_HELD_MUTEX, (ulong)thread.Block, (ulong)thread.OwnedMutants[0], 0, 0,
                $"a thread ended while it owned the mutex at 0x{thread.OwnedMutants[0]:x}");
        if (!thread.IsStackSwappable)
            kernel.BugCheck(
                BugCheckCodes.KERNEL_STACK_LOCKED_AT_EXIT, 0, 0, 0, 0,
                "a thread ended after KeSetKernelStackSwapEnable(FALSE)");
        KIRQL irql = kernel.Processor.Irql;
        if (thread.Apcs.TryTakeKernel(takesNormal: true, out KAPC* apc))
            kernel.BugCheck(
                BugCheckCodes.KERNEL_APC_PENDING_DURING_EXIT, (ulong)apc, (ushort)thread.KernelApcDisable, irql, 0,
                $"a thread ended with an APC in its queue (0x{(ulong)apc:x})");
        if (thread.IsInRegion || irql != PASSIVE_LEVEL)
            kernel.BugCheck(
                BugCheckCodes.KERNEL_APC_PENDING_DURING_EXIT, 0, (ushort)thread.KernelApcDisable, irql, 0,
                $"a thread ended at {irql}, {-thread.KernelApcDisable} critical and {-thread.SpecialApcDisable} "
                + "guarded regions deep");
    }
}
