namespace Hil.Host;

/// <summary>A driver's sources did not become an image: the compiler is missing or refused. Exit code 3.</summary>
public sealed class DriverBuildException(string message) : Exception(message);
