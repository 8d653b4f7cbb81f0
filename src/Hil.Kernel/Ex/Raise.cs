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
}
