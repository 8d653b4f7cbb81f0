namespace Hil.Wdm;

/// <summary>A cancel-safe queue of IRPs and the driver's routines that work it.</summary>
public unsafe struct IO_CSQ
{
    public uint Type;
    public DriverRoutine CsqInsertIrp;
    public DriverRoutine CsqRemoveIrp;
    public DriverRoutine CsqPeekNextIrp;
    public DriverRoutine CsqAcquireLock;
    public DriverRoutine CsqReleaseLock;
    public DriverRoutine CsqCompleteCanceledIrp;
    public void* ReservePointer;
}
