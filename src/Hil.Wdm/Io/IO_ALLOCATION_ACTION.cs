namespace Hil.Wdm;

/// <summary>What an adapter or controller routine returns.</summary>
public enum IO_ALLOCATION_ACTION
{
    KeepObject = 1,
    DeallocateObject,
    DeallocateObjectKeepRegisters,
}
