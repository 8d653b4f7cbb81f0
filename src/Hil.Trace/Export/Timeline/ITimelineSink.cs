namespace Hil.Trace;

/// <summary>What a span or mark on a timeline stands for.</summary>
internal enum TimelineKind : byte
{
    Call,
    Isr,
    Dpc,
    StartIo,
    Irp,
    Read,
    Write,
    Interrupt,
    Event,
}

/// <summary>Takes a trace as tracks with spans, marks and counters. Times are nanoseconds since the first record; on
/// each track spans nest, and everything but the begin of an IRP's span comes in order.</summary>
internal interface ITimelineSink
{
    /// <summary>A track, before anything on it. Numbers count from 0.</summary>
    void Track(int track, string name, bool isCounter);

    void Begin(int track, long time, TimelineKind kind, string name, ulong irp);

    void End(int track, long time);

    /// <param name="value">A register's value; null for marks without one.</param>
    void Mark(int track, long time, TimelineKind kind, string name, ulong irp, ulong? value);

    void Count(int track, long time, long value);

    /// <summary>An IRP has ended, or the trace has.</summary>
    void Irp(IrpState irp, string device, string? status, bool isFailed, long from, long to);
}
