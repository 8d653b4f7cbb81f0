namespace Hil.Kernel;

/// <summary>Who frees an IRP that has come to the end of its stack.</summary>
internal enum IrpOwner : byte
{
    /// <summary>The driver that allocated it: its completion routine must stop the completion.</summary>
    Driver,

    /// <summary>The driver, which also owns the memory (IoInitializeIrp).</summary>
    Memory,

    /// <summary>The I/O manager, when it completes (IoBuildSynchronousFsdRequest, IoBuildDeviceIoControlRequest, a
    /// file's requests).</summary>
    Thread,

    /// <summary>The I/O manager, which then counts down the master (IoMakeAssociatedIrp).</summary>
    Master,
}
