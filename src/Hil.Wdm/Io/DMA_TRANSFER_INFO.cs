namespace Hil.Wdm;

/// <summary>What GetDmaTransferInfo tells about a transfer. Version 1 lacks the last field of version 2.</summary>
public struct DMA_TRANSFER_INFO
{
    public uint Version;
    public DMA_TRANSFER_INFO_V2 V2;
}
