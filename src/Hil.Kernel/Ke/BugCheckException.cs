namespace Hil.Kernel;

/// <summary>The driver broke a rule and the machine stopped. It unwinds the host's side of every call into
/// driver code.</summary>
public sealed class BugCheckException(BugCheckReport report)
    : Exception($"{BugCheckCodes.Name(report.Code)} (0x{report.Code:X}): {report.Reason}")
{
    public BugCheckReport Report { get; } = report;
}
