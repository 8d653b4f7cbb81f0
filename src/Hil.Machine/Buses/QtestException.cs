namespace Hil.Machine.Buses;

/// <summary>The other end of a qtest connection answered something that the protocol does not allow here.</summary>
public sealed class QtestException(string message) : Exception(message);
