namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Raises an exception in the caller.</summary>
    /// <remarks>WDK: ExRaiseStatus.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExRaiseStatus(NTSTATUS status) =>
        throw new GuestRaiseException(status, $"the driver raised {status}");

    /// <summary>Raises STATUS_ACCESS_VIOLATION in the caller.</summary>
    /// <remarks>WDK: ExRaiseAccessViolation.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExRaiseAccessViolation() => ExRaiseStatus(STATUS_ACCESS_VIOLATION);

    /// <summary>Raises STATUS_DATATYPE_MISALIGNMENT in the caller.</summary>
    /// <remarks>WDK: ExRaiseDatatypeMisalignment.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void ExRaiseDatatypeMisalignment() => ExRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);

    /// <inheritdoc cref="ExRaiseStatus"/>
    /// <remarks>WDK: RtlRaiseStatus.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void RtlRaiseStatus(NTSTATUS status) => ExRaiseStatus(status);

    /// <summary>Raises an exception with parameters in the caller; handlers see the record with the caller's
    /// address.</summary>
    /// <remarks>WDK: RtlRaiseException.</remarks>
    [Export]
    public static void RtlRaiseException(EXCEPTION_RECORD* exceptionRecord) =>
        throw new GuestRaiseException(in *PointerCheck.Follow<EXCEPTION_RECORD>(exceptionRecord, "ExceptionRecord"));

    /// <inheritdoc cref="RtlRaiseException"/>
    /// <remarks>WDK: none; the name under which drivers built with older kits import RtlRaiseException.</remarks>
    [Export]
    public static void ExRaiseException(EXCEPTION_RECORD* exceptionRecord) => RtlRaiseException(exceptionRecord);
}
