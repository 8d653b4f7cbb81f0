namespace Hil.Kernel;

/// <summary>Hil is wrong about itself: report it with the message.</summary>
public sealed class InvariantException(string invariant)
    : Exception($"Hil is wrong, not the driver: this does not hold: {invariant}");
