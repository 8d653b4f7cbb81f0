namespace Hil.Host;

/// <summary>A step did not end even after it was cancelled; the driver keeps its IRP, so the run cannot go
/// on.</summary>
public sealed class StuckRequestException(string message) : Exception(message);
