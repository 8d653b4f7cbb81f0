namespace Hil.Host;

/// <summary>A step did not end even after it was cancelled, or the driver does not start or unload to the end: the run
/// cannot go on.</summary>
public sealed class StuckRequestException(string message) : Exception(message);
