namespace Hil.Wdm;

/// <summary>A device's way to DMA; DmaOperations holds its methods.</summary>
public unsafe struct DMA_ADAPTER
{
    public ushort Version;
    public ushort Size;
    public DMA_OPERATIONS* DmaOperations;
}
