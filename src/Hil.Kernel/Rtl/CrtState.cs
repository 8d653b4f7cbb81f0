namespace Hil.Kernel;

/// <summary>State of the C runtime routines that is in no driver's memory.</summary>
internal sealed class CrtState
{
    /// <summary>Seed of rand; C says it starts at 1.</summary>
    public uint RandSeed { get; set; } = 1;
}
