namespace Hil.Trace;

/// <summary>Something that has begun and not ended: a call, a service routine, a DPC, StartIo.</summary>
/// <param name="Kind">The record that it began with.</param>
/// <param name="Key">What the record of its end must have: place of the call, interrupt object, DPC, IRP.</param>
/// <param name="Stage">Its own stage, or that of the frame around it.</param>
/// <param name="Irp">Number of the IRP that it works for, 0 when unknown.</param>
/// <param name="Name">Id of a text: export, DPC routine, device; vector of a service routine.</param>
public readonly record struct TraceFrame(TraceKind Kind, ulong Key, TraceStage Stage, ulong Irp, ulong Name);
