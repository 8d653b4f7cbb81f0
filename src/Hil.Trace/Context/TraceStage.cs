namespace Hil.Trace;

/// <summary>What part of a driver's work a record belongs to.</summary>
public enum TraceStage : byte
{
    /// <summary>Dispatch routines, DriverEntry, AddDevice: nothing that the trace marks.</summary>
    Driver,
    StartIo,
    Isr,
    Dpc,
}
