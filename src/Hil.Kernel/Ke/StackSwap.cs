namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Says whether the running thread's stack may leave memory while it waits for an application; returns
    /// what was said before. A thread that ends while it may not is bug check KERNEL_STACK_LOCKED_AT_EXIT.</summary>
    /// <remarks>WDK: KeSetKernelStackSwapEnable.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static BOOLEAN KeSetKernelStackSwapEnable(BOOLEAN enable)
    {
        KernelThread thread = NtKernel.Current.Scheduler.CurrentThread;
        bool before = thread.IsStackSwappable;
        thread.IsStackSwappable = enable;
        return before;
    }
}
