namespace Hil.Host;

/// <summary>Something that the user gave cannot be run; the message says what to do. Exit code 3.</summary>
public sealed class RunInputException(string message, Exception? inner = null) : Exception(message, inner);
