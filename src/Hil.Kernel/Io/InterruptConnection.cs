namespace Hil.Kernel;

/// <summary>What a driver asks for when it connects one service routine to one vector.</summary>
internal unsafe struct InterruptConnection
{
    public DriverRoutine ServiceRoutine;

    /// <summary>Used instead of ServiceRoutine for messages; gets the message's number.</summary>
    public DriverRoutine MessageServiceRoutine;
    public uint MessageIndex;
    public void* ServiceContext;

    /// <summary>Null for a lock of the interrupt's own.</summary>
    public KSPIN_LOCK* SpinLock;
    public uint Vector;
    public KIRQL Irql;
    public KIRQL SynchronizeIrql;
    public KINTERRUPT_MODE Mode;
    public bool ShareVector;
    public DEVICE_OBJECT* PhysicalDevice;
}
