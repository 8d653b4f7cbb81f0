namespace Hil.Wdm;

/// <summary>The methods of a DMA adapter. Size tells how many are there.</summary>
public struct DMA_OPERATIONS
{
    public uint Size;
    public DriverRoutine PutDmaAdapter;
    public DriverRoutine AllocateCommonBuffer;
    public DriverRoutine FreeCommonBuffer;
    public DriverRoutine AllocateAdapterChannel;
    public DriverRoutine FlushAdapterBuffers;
    public DriverRoutine FreeAdapterChannel;
    public DriverRoutine FreeMapRegisters;
    public DriverRoutine MapTransfer;
    public DriverRoutine GetDmaAlignment;
    public DriverRoutine ReadDmaCounter;
    public DriverRoutine GetScatterGatherList;
    public DriverRoutine PutScatterGatherList;
    public DriverRoutine CalculateScatterGatherList;
    public DriverRoutine BuildScatterGatherList;
    public DriverRoutine BuildMdlFromScatterGatherList;
    public DriverRoutine GetDmaAdapterInfo;
    public DriverRoutine GetDmaTransferInfo;
    public DriverRoutine InitializeDmaTransferContext;
    public DriverRoutine AllocateCommonBufferEx;
    public DriverRoutine AllocateAdapterChannelEx;
    public DriverRoutine ConfigureAdapterChannel;
    public DriverRoutine CancelAdapterChannel;
    public DriverRoutine MapTransferEx;
    public DriverRoutine GetScatterGatherListEx;
    public DriverRoutine BuildScatterGatherListEx;
    public DriverRoutine FlushAdapterBuffersEx;
    public DriverRoutine FreeAdapterObject;
    public DriverRoutine CancelMappedTransfer;
    public DriverRoutine AllocateDomainCommonBuffer;
    public DriverRoutine FlushDmaBuffer;
    public DriverRoutine JoinDmaDomain;
    public DriverRoutine LeaveDmaDomain;
    public DriverRoutine GetDmaDomain;
    public DriverRoutine AllocateCommonBufferWithBounds;
    public DriverRoutine AllocateCommonBufferVector;
    public DriverRoutine GetCommonBufferFromVectorByIndex;
    public DriverRoutine FreeCommonBufferFromVector;
    public DriverRoutine FreeCommonBufferVector;
}
