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
    public static NTSTATUS PsSetCreateProcessNotifyRoutine(DriverRoutine notifyRoutine, BOOLEAN remove) =>
        SetProcessRoutine(NtKernel.Current.Process.ProcessRoutines, notifyRoutine, remove);

    /// <summary>As PsSetCreateProcessNotifyRoutine, for a routine that could refuse a process.</summary>
    /// <returns>STATUS_ACCESS_DENIED if the routine's image is not marked for integrity checks
    /// (IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY, linker option /INTEGRITYCHECK); STATUS_INVALID_PARAMETER as
    /// there.</returns>
    /// <remarks>WDK: PsSetCreateProcessNotifyRoutineEx.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS PsSetCreateProcessNotifyRoutineEx(DriverRoutine notifyRoutine, BOOLEAN remove)
    {
        NtKernel kernel = NtKernel.Current;
        if (!remove && kernel.Modules.Find(notifyRoutine.Address) is { } module && !IsMarkedForIntegrity(module))
            return STATUS_ACCESS_DENIED;
        return SetProcessRoutine(kernel.Process.ProcessRoutinesEx, notifyRoutine, remove);
    }

    /// <summary>As PsSetCreateProcessNotifyRoutineEx, for processes of all subsystems.</summary>
    /// <param name="notifyType">0: PsCreateProcessNotifySubsystems.</param>
    /// <returns>STATUS_INVALID_PARAMETER for another type; else as there.</returns>
    /// <remarks>WDK: PsSetCreateProcessNotifyRoutineEx2.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS PsSetCreateProcessNotifyRoutineEx2(
        int notifyType, DriverRoutine notifyInformation, BOOLEAN remove) =>
        notifyType == 0 ? PsSetCreateProcessNotifyRoutineEx(notifyInformation, remove) : STATUS_INVALID_PARAMETER;

    // Offsets of winnt.h: IMAGE_DOS_HEADER.e_lfanew, IMAGE_NT_HEADERS64.OptionalHeader.DllCharacteristics.
    private static bool IsMarkedForIntegrity(LoadedModule module)
    {
        const uint NewHeaderOffset = 0x3C, CharacteristicsOffset = 0x5E;
        const ushort ForceIntegrity = 0x80;
        uint at = *PointerCheck.Follow<uint>((void*)(module.Base + NewHeaderOffset), "the image's header")
            + CharacteristicsOffset;
        return at < (ulong)module.Bytes
            && (*PointerCheck.Follow<ushort>((void*)(module.Base + at), "the image's header") & ForceIntegrity) != 0;
    }

    private static NTSTATUS SetProcessRoutine(List<DriverRoutine> routines, DriverRoutine notifyRoutine, bool remove)
    {
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
    public static NTSTATUS PsSetLoadImageNotifyRoutine(DriverRoutine notifyRoutine) =>
        AddNotifyRoutine(NtKernel.Current.Process.ImageRoutines, notifyRoutine);

    /// <summary>As PsSetLoadImageNotifyRoutine; images of other processors, which a flag asks for, there are
    /// none.</summary>
    /// <returns>STATUS_INVALID_PARAMETER_2 for flags other than PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE; else as
    /// there.</returns>
    /// <remarks>WDK: PsSetLoadImageNotifyRoutineEx.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS PsSetLoadImageNotifyRoutineEx(DriverRoutine notifyRoutine, nuint flags)
    {
        const nuint ConflictingArchitecture = 1;
        return (flags & ~ConflictingArchitecture) == 0
            ? PsSetLoadImageNotifyRoutine(notifyRoutine)
            : STATUS_INVALID_PARAMETER_2;
    }

    /// <summary>Undoes PsSetLoadImageNotifyRoutine.</summary>
    /// <returns>STATUS_PROCEDURE_NOT_FOUND.</returns>
    /// <remarks>WDK: PsRemoveLoadImageNotifyRoutine.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS PsRemoveLoadImageNotifyRoutine(DriverRoutine notifyRoutine) =>
        NtKernel.Current.Process.ImageRoutines.Remove(notifyRoutine) ? STATUS_SUCCESS : STATUS_PROCEDURE_NOT_FOUND;

    private static NTSTATUS AddNotifyRoutine(List<DriverRoutine> routines, DriverRoutine notifyRoutine)
    {
        if (routines.Count == NotifyRoutinesMax)
            return STATUS_INSUFFICIENT_RESOURCES;
        routines.Add(notifyRoutine);
        return STATUS_SUCCESS;
    }
}
