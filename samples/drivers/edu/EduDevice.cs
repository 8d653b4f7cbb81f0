namespace Hil.Samples.Edu;

internal enum EduPhase
{
    /// <summary>Current is null.</summary>
    Idle,

    /// <summary>Current waits for Resume, or for the cancel routine that has already been called.</summary>
    Parked,

    /// <summary>Current waits for DMA map registers.</summary>
    AwaitsMapping,

    /// <summary>The hardware works on Current.</summary>
    OnDevice,
}

internal unsafe struct EduTransfer
{
    public void* MapRegisterBase;
    public uint Done; // bytes transferred by earlier pieces
    public uint PieceLength; // bytes the engine is transferring
    public NTSTATUS Verdict; // STATUS_SUCCESS, or what ends the transfer after this piece
}

/// <summary>The device extension; edu.h has the same in C.</summary>
internal unsafe struct EduDevice
{
    public DEVICE_OBJECT* Self;
    public DEVICE_OBJECT* Lower;
    public DEVICE_OBJECT* Physical;
    public UNICODE_STRING InterfaceName;
    public IO_REMOVE_LOCK RemoveLock;

    public byte* Registers;
    public DMA_ADAPTER* DmaAdapter;
    public DEVICE_DESCRIPTION Description; // not a local: IoGetDmaAdapter reads driver-visible memory only
    public void* Interrupt; // what IoConnectInterruptEx gave: a message table or an interrupt object
    public uint InterruptVersion;
    public uint Messages;
    public bool IsStarted;

    public KSPIN_LOCK Lock; // guards everything below
    public IRP* Current;
    public EduPhase Phase;
    public bool IsHeld; // StartIo parks what it gets
    public bool IsGone; // StartIo fails what it gets
    public KEVENT Idle; // set when Current goes while IsHeld
    public uint Seen; // interrupt status since Current was started; the ISR writes it without Lock, interlocked
    public EduTransfer Transfer;

    public KTIMER Timer;
    public KDPC TimerDpc;
    public bool IsTimerArmed;
    public uint TimeoutMs;
    public uint Sequence; // counts what the hardware was told to do
    public uint TimedSequence; // Sequence when the timer was set
}
