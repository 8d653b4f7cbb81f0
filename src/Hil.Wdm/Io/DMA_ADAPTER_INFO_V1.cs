namespace Hil.Wdm;

/// <summary>Version 1 of DMA_ADAPTER_INFO.</summary>
public struct DMA_ADAPTER_INFO_V1
{
    public uint ReadDmaCounterAvailable;
    public uint ScatterGatherLimit;
    public uint DmaAddressWidth;
    public uint Flags;
    public uint MinimumTransferUnit;
}
