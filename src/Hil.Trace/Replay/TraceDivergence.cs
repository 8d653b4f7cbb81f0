namespace Hil.Trace;

/// <summary>Where a replay left its trace.</summary>
public sealed record TraceDivergence
{
    /// <summary>The record that should have come; null after the last.</summary>
    public required ulong? Sequence { get; init; }

    public required string Expected { get; init; }

    public required string Actual { get; init; }

    /// <summary>Number of the IRP that was worked on, or 0.</summary>
    public required long Irp { get; init; }

    /// <summary>Driver code that ran last, or 0.</summary>
    public required ulong Rip { get; init; }

    /// <summary>Whether that code called the kernel: <see cref="Rip"/> is the instruction after the call.</summary>
    public required bool IsInCall { get; init; }

    public required KIRQL Irql { get; init; }

    /// <summary>Driver code and its callers, innermost first.</summary>
    public required IReadOnlyList<ulong> StackTrace { get; init; }

    /// <summary>Methods and source lines of a managed driver, innermost first.</summary>
    public required IReadOnlyList<string> ManagedStack { get; init; }

    /// <summary>Sequence numbers of the records before, oldest first.</summary>
    public required IReadOnlyList<ulong> Before { get; init; }
}
