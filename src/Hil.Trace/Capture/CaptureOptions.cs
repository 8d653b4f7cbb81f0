namespace Hil.Trace;

/// <summary>How a run is captured.</summary>
public sealed record CaptureOptions
{
    /// <summary>File to write; it is replaced when it exists.</summary>
    public required string Path { get; init; }

    public TraceCategories Categories { get; init; } = TraceCategories.All;

    /// <summary>Whether native images go into the trace, so that it can be replayed by itself.</summary>
    public bool EmbedsImages { get; init; } = true;
}
