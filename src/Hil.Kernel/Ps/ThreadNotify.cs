namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Registers a routine for threads that begin and end: those of PsCreateSystemThread, as others there are
    /// none but the kernel's own.</summary>
    /// <param name="notifyRoutine">VOID (HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create), called at PASSIVE_LEVEL:
    /// on the creator's thread, and on the one that ends.</param>
    /// <returns>STATUS_INSUFFICIENT_RESOURCES at the limit.</returns>
    /// <remarks>WDK: PsSetCreateThreadNotifyRoutine.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS PsSetCreateThreadNotifyRoutine(DriverRoutine notifyRoutine) =>
        AddNotifyRoutine(NtKernel.Current.Process.ThreadRoutines, notifyRoutine);

    /// <summary>As PsSetCreateThreadNotifyRoutine, for threads of all subsystems, or for those that are no system
    /// threads, of which there are none.</summary>
    /// <param name="notifyType">PSCREATETHREADNOTIFYTYPE.</param>
    /// <returns>STATUS_INVALID_PARAMETER for an unknown type; else as there.</returns>
    /// <remarks>WDK: PsSetCreateThreadNotifyRoutineEx.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS PsSetCreateThreadNotifyRoutineEx(int notifyType, DriverRoutine notifyInformation)
    {
        const int NonSystem = 0;
        const int Subsystems = 1;
        SystemProcess process = NtKernel.Current.Process;
        return notifyType switch
        {
            NonSystem => AddNotifyRoutine(process.UserThreadRoutines, notifyInformation),
            Subsystems => AddNotifyRoutine(process.ThreadRoutines, notifyInformation),
            _ => STATUS_INVALID_PARAMETER,
        };
    }

    /// <summary>Undoes PsSetCreateThreadNotifyRoutine and PsSetCreateThreadNotifyRoutineEx.</summary>
    /// <returns>STATUS_PROCEDURE_NOT_FOUND.</returns>
    /// <remarks>WDK: PsRemoveCreateThreadNotifyRoutine.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS PsRemoveCreateThreadNotifyRoutine(DriverRoutine notifyRoutine) =>
        NtKernel.Current.Process.ThreadRoutines.Remove(notifyRoutine)
        || NtKernel.Current.Process.UserThreadRoutines.Remove(notifyRoutine)
            ? STATUS_SUCCESS
            : STATUS_PROCEDURE_NOT_FOUND;

    // What PsCreateSystemThread's thread runs. However the driver's routine ends, its place on the stack is given up
    // before others are called.
    private static void RunSystemThread(NtKernel kernel, DriverRoutine startRoutine, ulong context)
    {
        try
        {
            kernel.Scheduler.DeliverApcs();
            kernel.Processor.CallChangingIrql(startRoutine, context);
        }
        catch (ThreadTerminatedException)
        {
        }
        if (kernel.Process.ThreadRoutines.Count == 0 || kernel.Processor.Irql != PASSIVE_LEVEL)
            return;
        KernelThread self = kernel.Scheduler.CurrentThread;
        kernel.Processor.Context = new ProcessorContext { StackPointer = self.Stack.Top };
        NotifyThread(kernel, self, isCreated: false);
    }

    private static void NotifyThread(NtKernel kernel, KernelThread thread, bool isCreated)
    {
        foreach (DriverRoutine routine in kernel.Process.ThreadRoutines.ToArray())
            kernel.Processor.Call(routine, SystemProcessId, (ulong)IdOf(thread), isCreated ? 1u : 0u);
    }
}
