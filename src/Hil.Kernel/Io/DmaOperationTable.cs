namespace Hil.Kernel;

// DMA_OPERATIONS is a table of functions that drivers call through their adapter. Each entry is a routine of the host
// behind a stub of its own; version 3 has further entries. An entry that is not there yet stops the machine and names
// itself.

/// <summary>The functions of DMA adapters, as drivers call them, one table a version.</summary>
internal sealed unsafe class DmaOperationTable
{
    private const uint Version2Entries = 15;

    private static readonly string[] s_names =
    [
        "PutDmaAdapter", "AllocateCommonBuffer", "FreeCommonBuffer", "AllocateAdapterChannel", "FlushAdapterBuffers",
        "FreeAdapterChannel", "FreeMapRegisters", "MapTransfer", "GetDmaAlignment", "ReadDmaCounter",
        "GetScatterGatherList", "PutScatterGatherList", "CalculateScatterGatherList", "BuildScatterGatherList",
        "BuildMdlFromScatterGatherList", "GetDmaAdapterInfo", "GetDmaTransferInfo", "InitializeDmaTransferContext",
        "AllocateCommonBufferEx", "AllocateAdapterChannelEx", "ConfigureAdapterChannel", "CancelAdapterChannel",
        "MapTransferEx", "GetScatterGatherListEx", "BuildScatterGatherListEx", "FlushAdapterBuffersEx",
        "FreeAdapterObject", "CancelMappedTransfer",
    ];

    private readonly NtKernel _kernel;
    private readonly DriverRoutine[] _routines;

    public DmaOperationTable(NtKernel kernel)
    {
        _kernel = kernel;
        _routines = new DriverRoutine[s_names.Length];
        Dictionary<string, ManagedRoutine> known = DmaOperations.All();
        for (int i = 0; i < s_names.Length; i++)
            _routines[i] = kernel.Gate.Register(known.GetValueOrDefault(s_names[i]) ?? Stop(kernel, s_names[i]));
    }

    /// <summary>Writes the table for a version (1, 2 or 3) into fresh memory; null when there is none.</summary>
    public DMA_OPERATIONS* Create(uint version)
    {
        const uint Tag = 0x4F616D44; // 'DmaO'
        uint entries = version >= DEVICE_DESCRIPTION_VERSION3 ? (uint)s_names.Length : Version2Entries;
        var table = (DMA_OPERATIONS*)_kernel.Pool.Allocate((nuint)sizeof(DMA_OPERATIONS), Tag, zero: true);
        if (table == null)
            return null;
        table->Size = sizeof(ulong) * (entries + 1);
        var routines = (DriverRoutine*)(&table->PutDmaAdapter);
        for (uint i = 0; i < entries; i++)
            routines[i] = _routines[i];
        return table;
    }

    private static ManagedRoutine Stop(NtKernel kernel, string name) => _ =>
    {
        kernel.BugCheck(BugCheckCodes.DRIVER_VIOLATION, 0, 0, kernel.Processor.DriverRip, 0,
            $"the driver called DMA_OPERATIONS.{name}, which Hil does not have");
        return 0;
    };
}
