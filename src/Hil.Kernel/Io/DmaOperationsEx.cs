using System.Numerics;

namespace Hil.Kernel;

/// <content>What version 3 of the DMA interface added.</content>
internal static unsafe partial class DmaOperations
{
    private const uint SynchronousCallback = 1;
    private const int TransferContextBytes = 128;

    private static ulong GetDmaAdapterInfo(DmaAdapter adapter, DMA_ADAPTER_INFO* info)
    {
        PointerCheck.Follow<DMA_ADAPTER_INFO>(info, "AdapterInfo");
        if (info->Version != 1)
            return (uint)STATUS_NOT_SUPPORTED.Value;
        info->V1 = new DMA_ADAPTER_INFO_V1
        {
            ScatterGatherLimit = adapter.CanScatter ? adapter.RegistersMax : 1,
            DmaAddressWidth = (uint)(64 - BitOperations.LeadingZeroCount(adapter.HighestAddress)),
            MinimumTransferUnit = 1,
        };
        return (uint)STATUS_SUCCESS.Value;
    }

    private static ulong GetDmaTransferInfo(
        DmaAdapter adapter, MDL* mdl, ulong offset, uint length, DMA_TRANSFER_INFO* info)
    {
        PointerCheck.Follow<DMA_TRANSFER_INFO>(info, "TransferInfo");
        if (info->Version is not (1 or 2))
            return (uint)STATUS_NOT_SUPPORTED.Value;
        info->V2.ScatterGatherListSize =
            DmaLists.Measure(adapter, MdlChainPart.At(mdl, offset, length), out uint registers, out uint pieces);
        info->V2.ScatterGatherElementCount = pieces;
        info->V2.MapRegisterCount = registers;
        if (info->Version == 2)
            info->V2.LogicalPageCount = registers;
        return (uint)STATUS_SUCCESS.Value;
    }

    private static ulong InitializeDmaTransferContext(DmaAdapter adapter, void* context)
    {
        DriverMemory.RequireWritable(context, TransferContextBytes, "InitializeDmaTransferContext");
        new Span<byte>(context, TransferContextBytes).Clear();
        return (uint)STATUS_SUCCESS.Value;
    }

    // Without a routine, and with the flag, the registers come now or not at all.
    private static ulong AllocateAdapterChannelEx(
        DmaAdapter adapter, DEVICE_OBJECT* deviceObject, uint registers, uint flags, DriverRoutine routine,
        void* context, ulong* registerBase)
    {
        if (routine.IsNull && ((flags & SynchronousCallback) == 0 || registerBase == null))
            return (uint)STATUS_INVALID_PARAMETER.Value;
        bool isFree = adapter.WaitingCount == 0 && adapter.Channel == null
            && registers <= adapter.RegistersMax - adapter.RegistersInUse;
        if ((flags & SynchronousCallback) != 0 && !isFree)
            return (uint)STATUS_INSUFFICIENT_RESOURCES.Value;
        if (!routine.IsNull)
            return (uint)DmaChannel.Allocate(adapter, deviceObject, registers, routine, context).Value;
        adapter.Channel = adapter.Take(registers);
        *PointerCheck.Follow<ulong>(registerBase, "MapRegisterBase") = adapter.Channel.Handle;
        return (uint)STATUS_SUCCESS.Value;
    }

    private static ulong MapTransferEx(
        DmaAdapter adapter, MDL* mdl, ulong registerBase, ulong offset, uint* length, bool toDevice,
        SCATTER_GATHER_LIST* list, uint listBytes)
    {
        PointerCheck.Follow<uint>(length, "MapTransferEx's Length");
        if (list == null || listBytes < DmaLists.BytesFor(1))
            return (uint)STATUS_BUFFER_TOO_SMALL.Value;
        DriverMemory.RequireWritable(list, listBytes, "MapTransferEx");
        uint room = (listBytes - (uint)sizeof(SCATTER_GATHER_LIST)) / (uint)sizeof(SCATTER_GATHER_ELEMENT);
        var elements = (SCATTER_GATHER_ELEMENT*)(list + 1);
        uint count = 0;
        uint done = 0;
        while (done < *length && count < room)
        {
            MdlChainPart part = MdlChainPart.At(mdl, offset + done, *length - done);
            uint piece = part.Length;
            ulong address = DmaChannel.MapTransfer(adapter, part.Mdl, registerBase, part.Address, &piece, toDevice);
            elements[count++] = new SCATTER_GATHER_ELEMENT { Address = new PHYSICAL_ADDRESS(address), Length = piece };
            done += piece;
        }
        (list->NumberOfElements, list->Reserved, *length) = (count, 0, done);
        return (uint)STATUS_SUCCESS.Value;
    }

    private static ulong FlushAdapterBuffersEx(
        DmaAdapter adapter, MDL* mdl, ulong registerBase, ulong offset, uint length, bool toDevice)
    {
        MdlChainPart part = MdlChainPart.At(mdl, offset, length);
        do
            DmaChannel.Flush(adapter, part.Mdl, registerBase, part.Address, part.Length, toDevice);
        while (part.MoveNext());
        return (uint)STATUS_SUCCESS.Value;
    }

    private static ulong FreeAdapterObject(DmaAdapter adapter, IO_ALLOCATION_ACTION action)
    {
        if (action == IO_ALLOCATION_ACTION.DeallocateObject)
        {
            DmaChannel.FreeChannel(adapter);
        }
        else if (action == IO_ALLOCATION_ACTION.DeallocateObjectKeepRegisters)
        {
            adapter.Channel = null;
            adapter.ServeWaiting();
        }
        return 0;
    }

    // The arguments up to WriteToDevice are the same for both routines.
    private static ulong SubmitEx(
        DmaAdapter adapter, ulong* a, SCATTER_GATHER_LIST* buffer, uint bufferBytes, SCATTER_GATHER_LIST** result)
    {
        MdlChainPart part = MdlChainPart.At((MDL*)a[3], a[4], (uint)a[5]);
        var (device, routine, context, toDevice) =
            ((nint)a[1], new DriverRoutine(a[7]), (nint)a[8], (byte)a[9] != 0);
        if (((uint)a[6] & SynchronousCallback) == 0)
            return routine.IsNull
                ? (uint)STATUS_INVALID_PARAMETER.Value
                : (uint)DmaLists.Submit(
                    adapter, (DEVICE_OBJECT*)device, part, routine, (void*)context, toDevice, buffer,
                    bufferBytes).Value;
        if (result != null)
            PointerCheck.Follow<ulong>(result, "ScatterGatherList");
        return (uint)DmaLists.SubmitNow(
            adapter, (DEVICE_OBJECT*)device, part, routine, (void*)context, toDevice, buffer, bufferBytes,
            result).Value;
    }
}
