namespace Hil.Trace;

/// <summary>A trace cannot be replayed here: what is missing, and what to do.</summary>
public sealed class TraceReplayException(string message, Exception? inner = null) : Exception(message, inner);
