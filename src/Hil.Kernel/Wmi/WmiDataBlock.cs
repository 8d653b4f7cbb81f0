namespace Hil.Kernel;

/// <summary>What IoWMIOpenBlock opened: a class of data, and who wants to hear of its events.</summary>
internal sealed unsafe class WmiDataBlock(Guid guid, uint access)
{
    public Guid Guid { get; } = guid;

    public uint Access { get; } = access;

    /// <summary>VOID (PVOID Wnode, PVOID Context); null for nobody.</summary>
    public DriverRoutine Callback { get; set; }

    public void* Context { get; set; }
}
