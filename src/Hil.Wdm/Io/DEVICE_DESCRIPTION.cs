namespace Hil.Wdm;

/// <summary>What IoGetDmaAdapter wants to know about a device.</summary>
public struct DEVICE_DESCRIPTION
{
    public uint Version;
    public BOOLEAN Master;
    public BOOLEAN ScatterGather;
    public BOOLEAN DemandMode;
    public BOOLEAN AutoInitialize;
    public BOOLEAN Dma32BitAddresses;
    public BOOLEAN IgnoreCount;
    public BOOLEAN Reserved1;
    public BOOLEAN Dma64BitAddresses;
    public uint BusNumber;
    public uint DmaChannel;
    public INTERFACE_TYPE InterfaceType;
    public DMA_WIDTH DmaWidth;
    public DMA_SPEED DmaSpeed;
    public uint MaximumLength;
    public uint DmaPort;
    public uint DmaAddressWidth;
    public uint DmaControllerInstance;
    public uint DmaRequestLine;
    public PHYSICAL_ADDRESS DeviceAddress;
}
