namespace Hil.Host;

/// <summary>One step of a workload, done.</summary>
/// <param name="Number">From 1; steps within repeat and parallel have none of their own.</param>
/// <param name="Result">What came of it, such as a status; empty if there is nothing to say.</param>
/// <param name="Failure">Null if all expectations were met.</param>
public sealed record StepOutcome(
    int Number, WorkloadStep Step, string Result, StepFailure? Failure, TimeSpan Time, EventCounts Events);
