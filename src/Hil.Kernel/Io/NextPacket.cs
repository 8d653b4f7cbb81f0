namespace Hil.Kernel;

/// <summary>Which packet is to be started next.</summary>
/// <param name="Cancelable">Whether the cancel spin lock is held over the dequeue.</param>
/// <param name="Key">The first IRP at or above it; null for the head of the queue.</param>
internal readonly record struct NextPacket(bool Cancelable, uint? Key = null);
