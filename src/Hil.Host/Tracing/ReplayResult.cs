using Hil.Kernel;
using Hil.Trace;

namespace Hil.Host;

/// <summary>What a replay came to.</summary>
/// <param name="Divergence">Where the run left the trace; null if it never did.</param>
/// <param name="BugCheck">The bug check that the run ended in, as it did when it was captured.</param>
/// <param name="Records">Records that were done again.</param>
/// <param name="Warnings">What makes the comparison worth less, such as another build of the driver.</param>
/// <param name="Captured">How long the captured run took.</param>
/// <param name="Replayed">How long the replay took, from DriverEntry on.</param>
public sealed record ReplayResult(
    TraceDivergence? Divergence,
    BugCheckReport? BugCheck,
    long Records,
    IReadOnlyList<string> Warnings,
    TimeSpan Captured,
    TimeSpan Replayed)
{
    /// <summary>Whether the driver did the same as when it was captured.</summary>
    public bool IsSame => Divergence == null;
}
