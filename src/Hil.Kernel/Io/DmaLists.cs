namespace Hil.Kernel;

/// <summary>Transfers that a driver gets as a whole: GetScatterGatherList and its relatives.</summary>
internal static unsafe class DmaLists
{
    private const uint Tag = 0x4C617344; // 'DsaL'
    private const ulong ListFreedTwice = 6;
    private const string ListOperation = "a scatter/gather list";

    public static uint BytesFor(uint pieces) =>
        (uint)sizeof(SCATTER_GATHER_LIST) + pieces * (uint)sizeof(SCATTER_GATHER_ELEMENT);

    /// <summary>Bytes of a list for a part of a buffer, and map registers it needs.</summary>
    public static uint Measure(
        DmaAdapter adapter, MDL* mdl, ulong virtualAddress, uint length, out uint registers, out uint pieces)
    {
        registers = ADDRESS_AND_SIZE_TO_SPAN_PAGES((void*)virtualAddress, length);
        // Without an MDL, for a buffer at that address of which nothing else is known: every page apart.
        pieces = mdl == null
            ? registers
            : DmaChannel.Part(adapter, mdl, null, virtualAddress, length, false, ListOperation).CountPieces();
        return BytesFor(pieces);
    }

    /// <summary>Asks for a list; the driver's routine gets it, now or when there are registers.</summary>
    /// <param name="buffer">The driver's own memory for the list, or null.</param>
    public static NTSTATUS Submit(
        DmaAdapter adapter, DEVICE_OBJECT* deviceObject, MDL* mdl, ulong virtualAddress, uint length,
        DriverRoutine routine, void* context, bool toDevice, SCATTER_GATHER_LIST* buffer, uint bufferBytes)
    {
        DmaTransfer part = DmaChannel.Part(adapter, mdl, null, virtualAddress, length, toDevice, ListOperation);
        uint registers = part.CountRegisters();
        if (registers > adapter.RegistersMax)
            return STATUS_INSUFFICIENT_RESOURCES;
        if (buffer != null && bufferBytes < BytesFor(part.CountPieces()))
            return STATUS_BUFFER_TOO_SMALL;
        DmaRequest request = adapter.NewRequest();
        request.Kind = buffer == null ? DmaRequestKind.List : DmaRequestKind.OwnList;
        request.DeviceObject = deviceObject;
        request.Routine = routine;
        request.Context = context;
        request.Registers = registers;
        request.Mdl = mdl;
        request.VirtualAddress = virtualAddress;
        request.Length = length;
        request.ToDevice = toDevice;
        request.Buffer = buffer;
        adapter.Submit(request);
        return STATUS_SUCCESS;
    }

    /// <summary>Maps the whole part and hands the list to the driver.</summary>
    public static void Grant(DmaAdapter adapter, DmaRequest request)
    {
        NtKernel kernel = NtKernel.Current;
        var transfer = new DmaTransfer(
            adapter, request.Mdl, adapter.Take(request.Registers), request.VirtualAddress, request.Length,
            request.ToDevice);
        SCATTER_GATHER_LIST* list = request.Buffer;
        if (list == null)
            list = (SCATTER_GATHER_LIST*)kernel.Pool.Allocate(BytesFor(transfer.CountPieces()), Tag);
        if (list == null)
            kernel.BugCheck(BugCheckCodes.NO_PAGES_AVAILABLE, 0, 0, 0, 0, "no memory for a scatter/gather list");
        Fill(list, transfer, request.Length);
        adapter.Lists[(ulong)list] = new DmaList(transfer, request.Kind == DmaRequestKind.OwnList);

        DEVICE_OBJECT* device = request.DeviceObject;
        KIRQL irql = Ntoskrnl.RaiseTo(DISPATCH_LEVEL);
        kernel.Processor.Call(
            request.Routine, device, device == null ? null : device->CurrentIrp, list, request.Context);
        Ntoskrnl.KeLowerIrql(irql);
    }

    /// <summary>The driver is done with a list.</summary>
    public static void Put(DmaAdapter adapter, SCATTER_GATHER_LIST* list)
    {
        if (!adapter.Lists.Remove((ulong)list, out DmaList held))
            NtKernel.Current.BugCheck(BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION, ListFreedTwice, 0, 0, 0,
                $"PutScatterGatherList of 0x{(ulong)list:x}, which is no list of this adapter (any more)");
        held.Transfer.CopyBack();
        adapter.Return(held.Transfer.Registers!);
        if (!held.IsOwn)
            NtKernel.Current.Pool.Free(list);
        adapter.ServeWaiting();
    }

    private static void Fill(SCATTER_GATHER_LIST* list, DmaTransfer transfer, uint length)
    {
        var elements = (SCATTER_GATHER_ELEMENT*)(list + 1);
        uint count = 0;
        uint piece;
        for (uint done = 0; done < length; done += piece)
        {
            ulong address = transfer.From(done).MapFirst(out piece);
            elements[count++] = new SCATTER_GATHER_ELEMENT { Address = new PHYSICAL_ADDRESS(address), Length = piece };
        }
        list->NumberOfElements = count;
        list->Reserved = 0;
    }
}
