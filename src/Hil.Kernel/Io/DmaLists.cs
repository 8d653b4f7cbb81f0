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
    public static uint Measure(DmaAdapter adapter, MdlChainPart part, out uint registers, out uint pieces)
    {
        (registers, pieces) = (0, 0);
        do
        {
            DmaTransfer transfer = Transfer(adapter, part, null, toDevice: false);
            registers += transfer.CountRegisters();
            pieces += transfer.CountPieces();
        }
        while (part.MoveNext());
        return BytesFor(pieces);
    }

    /// <summary>Asks for a list; the driver's routine gets it, now or when there are registers.</summary>
    /// <param name="buffer">The driver's own memory for the list, or null.</param>
    public static NTSTATUS Submit(
        DmaAdapter adapter, DEVICE_OBJECT* deviceObject, MdlChainPart part, DriverRoutine routine, void* context,
        bool toDevice, SCATTER_GATHER_LIST* buffer, uint bufferBytes)
    {
        NTSTATUS status = Prepare(adapter, part, buffer, bufferBytes, out uint registers);
        if (status.IsSuccess)
            Request(adapter, deviceObject, part, registers, routine, context, toDevice, buffer);
        return status;
    }

    /// <summary>As Submit, but the list comes now or not at all, and there need be no routine.</summary>
    public static NTSTATUS SubmitNow(
        DmaAdapter adapter, DEVICE_OBJECT* deviceObject, MdlChainPart part, DriverRoutine routine, void* context,
        bool toDevice, SCATTER_GATHER_LIST* buffer, uint bufferBytes, SCATTER_GATHER_LIST** result)
    {
        if (routine.IsNull && result == null)
            return STATUS_INVALID_PARAMETER;
        NTSTATUS status = Prepare(adapter, part, buffer, bufferBytes, out uint registers);
        if (!status.IsSuccess)
            return status;
        if (adapter.WaitingCount != 0 || registers > adapter.RegistersMax - adapter.RegistersInUse)
            return STATUS_INSUFFICIENT_RESOURCES;
        DmaRequest request = Request(
            adapter, deviceObject, part, registers, routine, context, toDevice, buffer);
        if (result != null)
            *result = request.Buffer;
        return STATUS_SUCCESS;
    }

    /// <summary>Maps the whole part and hands the list to the driver.</summary>
    public static void Grant(DmaAdapter adapter, DmaRequest request)
    {
        NtKernel kernel = NtKernel.Current;
        SCATTER_GATHER_LIST* list = request.Buffer;
        if (list == null)
            list = (SCATTER_GATHER_LIST*)kernel.Pool.Allocate(Measure(adapter, request.Part, out _, out _), Tag);
        if (list == null)
            kernel.BugCheck(BugCheckCodes.NO_PAGES_AVAILABLE, 0, 0, 0, 0, "no memory for a scatter/gather list");
        (list->NumberOfElements, list->Reserved) = (0, 0);
        adapter.Lists[(ulong)list] = new DmaList(
            Map(adapter, request, list, out DmaTransfer[] others), others, request.Kind == DmaRequestKind.OwnList);
        request.Buffer = list;
        if (request.Routine.IsNull)
            return;

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
        Finish(adapter, held.Transfer);
        foreach (DmaTransfer other in held.Others)
            Finish(adapter, other);
        if (!held.IsOwn)
            NtKernel.Current.Pool.Free(list);
        adapter.ServeWaiting();
    }

    private static void Finish(DmaAdapter adapter, DmaTransfer transfer)
    {
        transfer.CopyBack();
        adapter.Return(transfer.Registers!);
    }

    private static DmaTransfer Transfer(
        DmaAdapter adapter, in MdlChainPart part, MapRegisters? registers, bool toDevice) =>
        DmaChannel.Part(adapter, part.Mdl, registers, part.Address, part.Length, toDevice, ListOperation);

    private static NTSTATUS Prepare(
        DmaAdapter adapter, in MdlChainPart part, SCATTER_GATHER_LIST* buffer, uint bufferBytes, out uint registers)
    {
        uint bytes = Measure(adapter, part, out registers, out _);
        if (registers > adapter.RegistersMax)
            return STATUS_INSUFFICIENT_RESOURCES;
        return buffer != null && bufferBytes < bytes ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
    }

    private static DmaRequest Request(
        DmaAdapter adapter, DEVICE_OBJECT* deviceObject, in MdlChainPart part, uint registers, DriverRoutine routine,
        void* context, bool toDevice, SCATTER_GATHER_LIST* buffer)
    {
        DmaRequest request = adapter.NewRequest();
        request.Kind = buffer == null ? DmaRequestKind.List : DmaRequestKind.OwnList;
        request.DeviceObject = deviceObject;
        request.Routine = routine;
        request.Context = context;
        request.Registers = registers;
        request.Part = part;
        request.ToDevice = toDevice;
        request.Buffer = buffer;
        adapter.Submit(request);
        return request;
    }

    // What lies in one MDL is one transfer, with map registers of its own: buffers of two MDLs may begin at the same
    // address. A buffer is seldom more than one MDL.
    private static DmaTransfer Map(
        DmaAdapter adapter, DmaRequest request, SCATTER_GATHER_LIST* list, out DmaTransfer[] others)
    {
        MdlChainPart part = request.Part;
        DmaTransfer first = MapOne(adapter, part, request.ToDevice, list);
        List<DmaTransfer>? more = null;
        while (part.MoveNext())
            (more ??= []).Add(MapOne(adapter, part, request.ToDevice, list));
        others = more == null ? [] : [.. more];
        return first;
    }

    private static DmaTransfer MapOne(
        DmaAdapter adapter, in MdlChainPart part, bool toDevice, SCATTER_GATHER_LIST* list)
    {
        uint registers = Transfer(adapter, part, null, toDevice).CountRegisters();
        DmaTransfer transfer = Transfer(adapter, part, adapter.Take(registers), toDevice);
        Append(list, transfer, part.Length);
        return transfer;
    }

    private static void Append(SCATTER_GATHER_LIST* list, DmaTransfer transfer, uint length)
    {
        var elements = (SCATTER_GATHER_ELEMENT*)(list + 1);
        uint piece;
        for (uint done = 0; done < length; done += piece)
        {
            ulong address = transfer.From(done).MapFirst(out piece);
            elements[list->NumberOfElements++] =
                new SCATTER_GATHER_ELEMENT { Address = new PHYSICAL_ADDRESS(address), Length = piece };
        }
    }
}
