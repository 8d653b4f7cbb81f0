namespace Hil.Kernel;

/// <summary>What the I/O manager knows of an IRP beyond what is in it.</summary>
internal unsafe struct IrpRecord
{
    /// <summary>Sequence number, from 1.</summary>
    public long Id;

    public IrpOwner Owner;

    /// <summary>Size of its memory, whatever a driver writes into IRP.Size.</summary>
    public int Bytes;

    // Where the request's outcome goes, as the IoBuild routines were told. A managed driver's variables may lie
    // outside the window; what stands in the IRP itself is believed only if it is the same, or inside.
    public IO_STATUS_BLOCK* UserIosb;
    public KEVENT* UserEvent;
    public void* UserBuffer;

    /// <summary>Size of the buffer that buffered input is copied back to.</summary>
    public uint OutputBytes;

    /// <summary>An ECP_LIST of a create request, or null.</summary>
    public void* ExtraCreateParameter;

    /// <summary>Whether PoSetSystemWake marked it.</summary>
    public bool IsSystemWake;

    /// <summary>The file operation that waits for the IRP, or null.</summary>
    public IoOperation? Operation;
}
