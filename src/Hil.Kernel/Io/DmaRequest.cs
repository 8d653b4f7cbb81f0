namespace Hil.Kernel;

/// <summary>What a driver that waits for map registers gets once there are enough.</summary>
internal enum DmaRequestKind
{
    /// <summary>The adapter channel: its routine decides what to keep.</summary>
    Channel,

    /// <summary>A scatter/gather list in memory of the kernel's.</summary>
    List,

    /// <summary>A scatter/gather list in the driver's own memory.</summary>
    OwnList,
}

/// <summary>A request for map registers that may have to wait. Reused, so that a transfer allocates nothing.</summary>
internal sealed unsafe class DmaRequest
{
    public DmaRequestKind Kind { get; set; }

    public DEVICE_OBJECT* DeviceObject { get; set; }

    /// <summary>Called at DISPATCH_LEVEL: DRIVER_CONTROL or DRIVER_LIST_CONTROL.</summary>
    public DriverRoutine Routine { get; set; }

    public void* Context { get; set; }

    public uint Registers { get; set; }

    /// <summary>The part of the buffer; for lists only.</summary>
    public MdlChainPart Part { get; set; }

    public bool ToDevice { get; set; }

    /// <summary>Where the list goes, or went; before that for OwnList only.</summary>
    public SCATTER_GATHER_LIST* Buffer { get; set; }
}
