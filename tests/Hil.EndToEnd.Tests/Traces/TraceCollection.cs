namespace Hil.EndToEnd.Tests.Traces;

/// <summary>Tests that replay: a replay needs the very addresses of its capture, so no other machine may run beside
/// it.</summary>
[CollectionDefinition(nameof(TraceCollection), DisableParallelization = true)]
public sealed class TraceCollection;
