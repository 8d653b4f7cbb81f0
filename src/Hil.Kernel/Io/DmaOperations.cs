namespace Hil.Kernel;

/// <summary>The members of DMA_OPERATIONS: arguments out of their slots, the adapter found, the IRQL checked.</summary>
internal static unsafe partial class DmaOperations
{
    private const ulong CommonBufferFreedTwice = 3;

    /// <summary>The operations by name.</summary>
    public static Dictionary<string, ManagedRoutine> All() => new()
    {
        ["PutDmaAdapter"] = static a => PutDmaAdapter(Enter(a, "PutDmaAdapter", PASSIVE_LEVEL)),
        ["AllocateCommonBuffer"] = static a => AllocateCommonBuffer(
            Enter(a, "AllocateCommonBuffer", PASSIVE_LEVEL), (uint)a[1], (PHYSICAL_ADDRESS*)a[2], ulong.MaxValue),
        ["FreeCommonBuffer"] = static a => FreeCommonBuffer(
            Enter(a, "FreeCommonBuffer", PASSIVE_LEVEL), (uint)a[1], a[2], a[3]),
        ["AllocateAdapterChannel"] = static a => (uint)DmaChannel.Allocate(
            Enter(a, "AllocateAdapterChannel", DISPATCH_LEVEL, DISPATCH_LEVEL),
            (DEVICE_OBJECT*)a[1], (uint)a[2], new DriverRoutine(a[3]), (void*)a[4]).Value,
        ["FlushAdapterBuffers"] = static a => FlushAdapterBuffers(
            Enter(a, "FlushAdapterBuffers", DISPATCH_LEVEL), (MDL*)a[1], a[2], a[3], (uint)a[4], (byte)a[5] != 0),
        ["FreeAdapterChannel"] = static a =>
            FreeAdapterChannel(Enter(a, "FreeAdapterChannel", DISPATCH_LEVEL, DISPATCH_LEVEL)),
        ["FreeMapRegisters"] = static a => FreeMapRegisters(
            Enter(a, "FreeMapRegisters", DISPATCH_LEVEL, DISPATCH_LEVEL), a[1], (uint)a[2]),
        ["MapTransfer"] = static a => DmaChannel.MapTransfer(
            Enter(a, "MapTransfer", DISPATCH_LEVEL), (MDL*)a[1], a[2], a[3],
            PointerCheck.Follow<uint>((void*)a[4], "MapTransfer's Length"), (byte)a[5] != 0),
        ["GetDmaAlignment"] = static a => GetDmaAlignment(Enter(a, "GetDmaAlignment", DISPATCH_LEVEL)),
        ["ReadDmaCounter"] = static a => ReadDmaCounter(Enter(a, "ReadDmaCounter", DISPATCH_LEVEL)),
        ["GetScatterGatherList"] = static a => (uint)DmaLists.Submit(
            Enter(a, "GetScatterGatherList", DISPATCH_LEVEL, DISPATCH_LEVEL), (DEVICE_OBJECT*)a[1],
            new MdlChainPart((MDL*)a[2], a[3], (uint)a[4]), new DriverRoutine(a[5]), (void*)a[6], (byte)a[7] != 0, null,
            0).Value,
        ["PutScatterGatherList"] = static a => PutScatterGatherList(
            Enter(a, "PutScatterGatherList", DISPATCH_LEVEL, DISPATCH_LEVEL), (SCATTER_GATHER_LIST*)a[1]),
        ["CalculateScatterGatherList"] = static a => CalculateScatterGatherList(
            Enter(a, "CalculateScatterGatherList", DISPATCH_LEVEL), (MDL*)a[1], a[2], (uint)a[3], (uint*)a[4],
            (uint*)a[5]),
        ["BuildScatterGatherList"] = static a => (uint)DmaLists.Submit(
            Enter(a, "BuildScatterGatherList", DISPATCH_LEVEL, DISPATCH_LEVEL), (DEVICE_OBJECT*)a[1],
            new MdlChainPart((MDL*)a[2], a[3], (uint)a[4]), new DriverRoutine(a[5]), (void*)a[6], (byte)a[7] != 0,
            (SCATTER_GATHER_LIST*)a[8], (uint)a[9]).Value,
        ["BuildMdlFromScatterGatherList"] = static a => BuildMdlFromScatterGatherList(
            Enter(a, "BuildMdlFromScatterGatherList", DISPATCH_LEVEL), (SCATTER_GATHER_LIST*)a[1], (MDL*)a[2],
            (MDL**)a[3]),
        ["GetDmaAdapterInfo"] = static a =>
            GetDmaAdapterInfo(Enter(a, "GetDmaAdapterInfo", DISPATCH_LEVEL), (DMA_ADAPTER_INFO*)a[1]),
        ["GetDmaTransferInfo"] = static a => GetDmaTransferInfo(
            Enter(a, "GetDmaTransferInfo", DISPATCH_LEVEL), (MDL*)a[1], a[2], (uint)a[3], (DMA_TRANSFER_INFO*)a[5]),
        ["InitializeDmaTransferContext"] = static a => InitializeDmaTransferContext(
            Enter(a, "InitializeDmaTransferContext", HIGH_LEVEL), (void*)a[1]),
        ["AllocateCommonBufferEx"] = static a => AllocateCommonBuffer(
            Enter(a, "AllocateCommonBufferEx", PASSIVE_LEVEL), (uint)a[2], (PHYSICAL_ADDRESS*)a[3],
            a[1] == 0 ? ulong.MaxValue : PointerCheck.Follow<ulong>((void*)a[1], "MaximumAddress")[0]),
        ["AllocateAdapterChannelEx"] = static a => AllocateAdapterChannelEx(
            Enter(a, "AllocateAdapterChannelEx", DISPATCH_LEVEL), (DEVICE_OBJECT*)a[1], (uint)a[3], (uint)a[4],
            new DriverRoutine(a[5]), (void*)a[6], (ulong*)a[7]),
        ["CancelAdapterChannel"] = static a => Enter(a, "CancelAdapterChannel", DISPATCH_LEVEL)
            .Cancel((DEVICE_OBJECT*)a[1]) ? 1u : 0,
        ["MapTransferEx"] = static a => MapTransferEx(
            Enter(a, "MapTransferEx", DISPATCH_LEVEL), (MDL*)a[1], a[2], a[3], (uint*)a[5], (byte)a[6] != 0,
            (SCATTER_GATHER_LIST*)a[7], (uint)a[8]),
        ["GetScatterGatherListEx"] = static a => SubmitEx(
            Enter(a, "GetScatterGatherListEx", DISPATCH_LEVEL), a, null, 0, (SCATTER_GATHER_LIST**)a[12]),
        ["BuildScatterGatherListEx"] = static a => SubmitEx(
            Enter(a, "BuildScatterGatherListEx", DISPATCH_LEVEL), a, (SCATTER_GATHER_LIST*)a[10], (uint)a[11],
            (SCATTER_GATHER_LIST**)a[14]),
        ["FlushAdapterBuffersEx"] = static a => FlushAdapterBuffersEx(
            Enter(a, "FlushAdapterBuffersEx", DISPATCH_LEVEL), (MDL*)a[1], a[2], a[3], (uint)a[4], (byte)a[5] != 0),
        ["FreeAdapterObject"] = static a => FreeAdapterObject(
            Enter(a, "FreeAdapterObject", DISPATCH_LEVEL), (IO_ALLOCATION_ACTION)(uint)a[1]),
    };

    private static DmaAdapter Enter(ulong* arguments, string name, byte maxIrql, byte minIrql = PASSIVE_LEVEL)
    {
        NtKernel kernel = NtKernel.Current;
        KIRQL irql = kernel.Processor.Irql;
        if (irql.Value < minIrql || irql.Value > maxIrql)
            kernel.Violation(
                $"{name} called at {irql}; the documentation allows {new KIRQL(minIrql)} to {new KIRQL(maxIrql)}");
        return kernel.Dma.Find(arguments[0], name);
    }

    private static ulong PutDmaAdapter(DmaAdapter adapter)
    {
        NtKernel.Current.Dma.Remove(adapter);
        return 0;
    }

    private static ulong AllocateCommonBuffer(
        DmaAdapter adapter, uint length, PHYSICAL_ADDRESS* logicalAddress, ulong highestAddress)
    {
        NtKernel kernel = NtKernel.Current;
        PointerCheck.Follow<PHYSICAL_ADDRESS>(logicalAddress, "AllocateCommonBuffer's LogicalAddress");
        ulong address = kernel.Pages.Allocate(
            length, PageAccess.ReadWrite, Math.Min(highestAddress, adapter.HighestAddress));
        if (address == 0)
            return 0;
        adapter.CommonBuffers.Add(address, length);
        kernel.Disclosed.Share(address, length, DmaSharing.Common);
        *logicalAddress = new PHYSICAL_ADDRESS(kernel.Services.Memory.PhysicalOf(address));
        return address;
    }

    private static ulong FreeCommonBuffer(DmaAdapter adapter, uint length, ulong logicalAddress, ulong virtualAddress)
    {
        NtKernel kernel = NtKernel.Current;
        if (!adapter.CommonBuffers.TryGetValue(virtualAddress, out uint allocated) || allocated != length
            || kernel.Services.Memory.PhysicalOf(virtualAddress) != logicalAddress)
            kernel.BugCheck(BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION, CommonBufferFreedTwice, 1, 0, 0,
                $"FreeCommonBuffer of {length} bytes at 0x{virtualAddress:x}, which is no common buffer (any more)");
        adapter.CommonBuffers.Remove(virtualAddress);
        kernel.Disclosed.Unshare(virtualAddress, length, DmaSharing.Common);
        kernel.Pages.Free(virtualAddress, length);
        return 0;
    }

    private static ulong FlushAdapterBuffers(
        DmaAdapter adapter, MDL* mdl, ulong registerBase, ulong virtualAddress, uint length, bool toDevice)
    {
        DmaChannel.Flush(adapter, mdl, registerBase, virtualAddress, length, toDevice);
        return 1;
    }

    private static ulong FreeAdapterChannel(DmaAdapter adapter)
    {
        DmaChannel.FreeChannel(adapter);
        return 0;
    }

    private static ulong FreeMapRegisters(DmaAdapter adapter, ulong registerBase, uint count)
    {
        DmaChannel.FreeRegisters(adapter, registerBase, count);
        return 0;
    }

    // Any byte address will do: neither PCI nor the bounce buffers ask for more.
    private static ulong GetDmaAlignment(DmaAdapter adapter) => 1;

    private static ulong ReadDmaCounter(DmaAdapter adapter)
    {
        NtKernel.Current.Violation("ReadDmaCounter of a bus master, which has no system DMA channel");
        return 0;
    }

    private static ulong PutScatterGatherList(DmaAdapter adapter, SCATTER_GATHER_LIST* list)
    {
        DmaLists.Put(adapter, list);
        return 0;
    }

    private static ulong CalculateScatterGatherList(
        DmaAdapter adapter, MDL* mdl, ulong virtualAddress, uint length, uint* listBytes, uint* registers)
    {
        // Without an MDL, for a buffer at that address of which nothing else is known: every page apart.
        uint needed = ADDRESS_AND_SIZE_TO_SPAN_PAGES((void*)virtualAddress, length);
        *PointerCheck.Follow<uint>(listBytes, "ScatterGatherListSize") = mdl == null
            ? DmaLists.BytesFor(needed)
            : DmaLists.Measure(adapter, new MdlChainPart(mdl, virtualAddress, length), out needed, out _);
        if (registers != null)
            *PointerCheck.Follow<uint>(registers, "NumberOfMapRegisters") = needed;
        return (uint)STATUS_SUCCESS.Value;
    }

    // The list describes the original buffer as long as nothing of it was bounced.
    private static ulong BuildMdlFromScatterGatherList(
        DmaAdapter adapter, SCATTER_GATHER_LIST* list, MDL* originalMdl, MDL** targetMdl)
    {
        bool isPlain = adapter.Lists.TryGetValue((ulong)list, out DmaList held) && held.Others.Length == 0
            && !held.Transfer.Registers!.HasBounced;
        if (isPlain)
            *targetMdl = originalMdl;
        return (uint)(isPlain ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER).Value;
    }
}
