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
}
