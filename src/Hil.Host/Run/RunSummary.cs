namespace Hil.Host;

/// <summary>A run in figures.</summary>
/// <param name="Rounds">Workloads run, at most as many as --repeat asked for.</param>
/// <param name="Failed">Steps that failed.</param>
/// <param name="Requests">Read, write and control requests of the workload.</param>
/// <param name="RegistersAreCounted">False for a native driver, whose register accesses reach the device without
/// Hil.</param>
/// <param name="Problems">What else speaks against the driver or its start: unmet lifecycle expectations.</param>
public sealed record RunSummary(
    string Driver,
    bool IsManaged,
    int ExitCode,
    int Rounds,
    int Steps,
    int Failed,
    long Requests,
    long Cancelled,
    EventCounts Events,
    bool RegistersAreCounted,
    int Warnings,
    IReadOnlyList<string> Problems,
    TimeSpan Time)
{
    /// <summary>What the capture came to; null without one.</summary>
    public CaptureSummary? Trace { get; init; }
}
