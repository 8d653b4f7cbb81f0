namespace Hil.Wdm;

/// <summary>A connected interrupt, as Windows 10 19041 lays it out.</summary>
public unsafe struct KINTERRUPT
{
    public short Type;
    public short Size;
    public LIST_ENTRY InterruptListEntry;
    public DriverRoutine ServiceRoutine;
    public DriverRoutine MessageServiceRoutine;
    public uint MessageIndex;
    public void* ServiceContext;
    public KSPIN_LOCK SpinLock;
    public uint TickCount;
    public KSPIN_LOCK* ActualLock;
    public void* DispatchAddress;
    public uint Vector;
    public KIRQL Irql;
    public KIRQL SynchronizeIrql;
    public BOOLEAN FloatingSave;
    public BOOLEAN Connected;
    public uint Number;
    public BOOLEAN ShareVector;
    public byte EmulateActiveBoth;
    public ushort ActiveCount;
    public int InternalState;
    public KINTERRUPT_MODE Mode;
    public KINTERRUPT_POLARITY Polarity;
    public uint ServiceCount;
    public uint DispatchCount;
    public KEVENT* PassiveEvent;
    public void* TrapFrame;
    public void* DisconnectData;
    public KTHREAD* ServiceThread;
    public void* ConnectionData;
    public void* IntTrackEntry;
    public fixed ulong IsrDpcStats[12];
    public void* RedirectObject;
    public DEVICE_OBJECT* PhysicalDeviceObject;
}
