namespace Hil.Machine.Qemu;

/// <summary>QEMU could not be started, for a reason outside Hil; the message says what to do. Exit code 3.</summary>
public sealed class MachineStartException(string message, Exception? inner = null) : Exception(message, inner);
