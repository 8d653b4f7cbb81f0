namespace Hil.Trace;

/// <summary>A record as it is shown.</summary>
/// <param name="Time">Since the first record, 100 ns units.</param>
/// <param name="Depth">How many calls, service routines, DPCs and StartIos are around it.</param>
public readonly record struct TraceLine(
    TraceKind Kind, ulong Sequence, long Time, byte Irql, ulong Irp, int Depth, string Text);
