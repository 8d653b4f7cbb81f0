namespace Hil.Kernel;

/// <summary>What the I/O manager knows of an IRP beyond what is in it.</summary>
internal struct IrpRecord
{
    /// <summary>Sequence number, from 1.</summary>
    public long Id;

    public IrpOwner Owner;

    /// <summary>The file operation that waits for the IRP, or null.</summary>
    public IoOperation? Operation;
}
