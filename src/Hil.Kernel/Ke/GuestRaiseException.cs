namespace Hil.Kernel;

/// <summary>An export that raises by contract (ProbeForRead, ExRaiseStatus, raise-on-failure pool) asks for a
/// structured exception in its caller. The processor's exit loop turns it into one, so a driver's __try sees the
/// status.</summary>
public sealed class GuestRaiseException(NTSTATUS status, string reason)
    : Exception($"{status}: {reason}")
{
    public NTSTATUS Status { get; } = status;

    /// <summary>The exception as handlers see it; its address is set where it is raised.</summary>
    public EXCEPTION_RECORD Record { get; private init; } = new() { ExceptionCode = status };

    /// <summary>One sentence for the report, should nobody handle the exception.</summary>
    public string Reason { get; } = reason;

    public GuestRaiseException(NTSTATUS status)
        : this(status, $"a kernel routine raised {status}")
    {
    }

    public GuestRaiseException(in EXCEPTION_RECORD record)
        : this(record.ExceptionCode, $"the driver raised {record.ExceptionCode}") =>
        Record = record;
}
