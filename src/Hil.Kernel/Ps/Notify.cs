namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const int NotifyRoutinesMax = 64; // As the documentation has it.

    /// <summary>Registers a routine for processes that begin and end. The system process, which has begun already, is
    /// the only one here.</summary>
    /// <param name="remove">TRUE to take the routine back.</param>
    /// <returns>STATUS_INVALID_PARAMETER if it is registered already, if it is not (remove), and at the
    /// limit.</returns>
    /// <remarks>WDK: PsSetCreateProcessNotifyRoutine.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS PsSetCreateProcessNotifyRoutine(DriverRoutine notifyRoutine, BOOLEAN remove)
    {
        List<DriverRoutine> routines = NtKernel.Current.Process.ProcessRoutines;
        if (remove)
            return routines.Remove(notifyRoutine) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
        if (routines.Contains(notifyRoutine) || routines.Count == NotifyRoutinesMax)
            return STATUS_INVALID_PARAMETER;
        routines.Add(notifyRoutine);
        return STATUS_SUCCESS;
    }

    /// <summary>Registers a routine that is called for each driver image that is loaded from now on.</summary>
    /// <returns>STATUS_INSUFFICIENT_RESOURCES at the limit.</returns>
    /// <remarks>WDK: PsSetLoadImageNotifyRoutine.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS PsSetLoadImageNotifyRoutine(DriverRoutine notifyRoutine)
    {
        List<DriverRoutine> routines = NtKernel.Current.Process.ImageRoutines;
        if (routines.Count == NotifyRoutinesMax)
            return STATUS_INSUFFICIENT_RESOURCES;
        routines.Add(notifyRoutine);
        return STATUS_SUCCESS;
    }

    /// <summary>Undoes PsSetLoadImageNotifyRoutine.</summary>
    /// <returns>STATUS_PROCEDURE_NOT_FOUND.</returns>
    /// <remarks>WDK: PsRemoveLoadImageNotifyRoutine.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS PsRemoveLoadImageNotifyRoutine(DriverRoutine notifyRoutine) =>
        NtKernel.Current.Process.ImageRoutines.Remove(notifyRoutine) ? STATUS_SUCCESS : STATUS_PROCEDURE_NOT_FOUND;
}
