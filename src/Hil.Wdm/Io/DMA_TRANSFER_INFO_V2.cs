namespace Hil.Wdm;

/// <summary>Version 2 of DMA_TRANSFER_INFO.</summary>
public struct DMA_TRANSFER_INFO_V2
{
    public uint MapRegisterCount;
    public uint ScatterGatherElementCount;
    public uint ScatterGatherListSize;
    public uint LogicalPageCount;
}
