namespace Hil.Trace;

/// <summary>Kinds of records. The numbers are on disk: they are never used for anything else.</summary>
public enum TraceKind : byte
{
    // Definitions, repeated in each block that refers to them.
    String = 0,
    Site = 1,
    CallSite = 2,

    // What the run was.
    Profile = 8,
    Module = 9,
    Image = 10,
    Inexact = 11,
    End = 12,

    // The outside world.
    Deadline = 15,
    Read = 16,
    Write = 17,
    ReadBlock = 18,
    WriteBlock = 19,
    Pending = 20,
    Interrupt = 21,
    Line = 22,
    Dma = 23,
    Clock = 24,
    Choice = 25,
    Random = 26,
    NotStarted = 27,
    Watchdog = 28,
    Share = 29,
    Unshare = 30,
    Pointer = 31,

    // Requests from above.
    RequestSeen = 32,
    Request = 33,
    RequestDone = 34,

    // The driver and the kernel.
    Call = 40,
    Return = 41,
    Fault = 42,
    Slice = 43,
    Irql = 44,
    Thread = 45,
    IsrEnter = 46,
    IsrLeave = 47,
    DpcEnter = 48,
    DpcLeave = 49,
    Unclaimed = 50,
    Storm = 51,

    IrpCreate = 56,
    IrpDispatch = 57,
    IrpQueue = 58,
    StartIo = 59,
    StartIoEnd = 60,
    IrpComplete = 61,
    IrpFinish = 62,
    IrpCancel = 63,

    // 74 was a print whose text was a definition.
    Pnp = 72,
    Driver = 73,
    Violation = 75,
    BugCheck = 76,
    ErrorLog = 77,
    Print = 78,
}
