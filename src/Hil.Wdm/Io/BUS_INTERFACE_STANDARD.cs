namespace Hil.Wdm;

/// <summary>A bus driver's methods for config space and DMA.</summary>
public unsafe struct BUS_INTERFACE_STANDARD
{
    public ushort Size;
    public ushort Version;
    public void* Context;
    public DriverRoutine InterfaceReference;
    public DriverRoutine InterfaceDereference;
    public DriverRoutine TranslateBusAddress;
    public DriverRoutine GetDmaAdapter;
    public DriverRoutine SetBusData;
    public DriverRoutine GetBusData;
}
