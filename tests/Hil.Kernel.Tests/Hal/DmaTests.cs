namespace Hil.Kernel.Tests.Hal;

public sealed unsafe class DmaTests : IDisposable
{
    private const int ReachBits = 24; // 16 MB of the test machine's 64.
    private const uint Page = PAGE_SIZE;

    private readonly TestMachine _machine = new();
    private uint _registers;
    private uint* _shared;

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void ReachableBufferIsMappedWhereItIs() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(scatter: true);
        MDL* mdl = Buffer(high: false, 2 * Page, offset: 0x10);
        ulong registers = Channel(adapter, 3);
        uint length = 2 * Page;

        ulong address = Map(adapter, mdl, registers, 0, &length, toDevice: true);

        Assert.Equal(_machine.Memory.PhysicalOf((ulong)MmGetMdlVirtualAddress(mdl)), address);
        Assert.Equal(2 * Page, length);
        Assert.Equal(0, _machine.Kernel.Dma.BouncedBytes);
    });

    [Fact]
    public void BufferBeyondTheDevicesReachIsCopiedOutBeforeATransferToTheDevice() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(scatter: true);
        MDL* mdl = Buffer(high: true, 3 * Page, offset: 0x123);
        ulong registers = Channel(adapter, 4);
        uint length = 3 * Page;

        ulong address = Map(adapter, mdl, registers, 0, &length, toDevice: true);

        Assert.Equal(3 * Page, length);
        Assert.True(address + length <= 1UL << ReachBits);
        Assert.True(Bytes(mdl).SequenceEqual(Device(address, length)));
        Assert.Equal(3 * Page, _machine.Kernel.Dma.BouncedBytes);
    });

    [Fact]
    public void WhatTheDeviceWroteIsCopiedBackByTheFlush() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(scatter: true);
        MDL* mdl = Buffer(high: true, 2 * Page, offset: 0xF00);
        ulong registers = Channel(adapter, 3);
        uint length = 2 * Page;
        ulong address = Map(adapter, mdl, registers, 0, &length, toDevice: false);
        for (int i = 0; i < length; i++)
            Device(address, length)[i] = (byte)(i * 7);
        byte[] expected = Device(address, length).ToArray();

        Assert.False(Bytes(mdl).SequenceEqual(expected));
        Operation(adapter, o => o->FlushAdapterBuffers,
            (ulong)mdl, registers, (ulong)MmGetMdlVirtualAddress(mdl), length, 0);

        Assert.True(Bytes(mdl).SequenceEqual(expected));
    });

    [Fact]
    public void MemoryBelowTheReachIsGivenBackWithTheRegisters() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(scatter: true);
        MDL* mdl = Buffer(high: true, Page, offset: 0);
        Transfer(adapter, mdl);
        int free = _machine.Kernel.Pages.FreePages;

        Transfer(adapter, mdl);

        Assert.Equal(free, _machine.Kernel.Pages.FreePages);
    });

    [Fact]
    public void TransferInPiecesUsesOneRegisterAPage() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(scatter: true);
        MDL* mdl = Buffer(high: true, 3 * Page, offset: 0x800);
        ulong registers = Channel(adapter, 4);
        ulong first = 0;
        for (uint done = 0; done < 3 * Page; done += 512)
        {
            uint length = 512;
            ulong address = Map(adapter, mdl, registers, done, &length, toDevice: true);
            first = done == 0 ? address : first;
            Assert.Equal(first + done, address);
            Assert.True(Bytes(mdl).Slice((int)done, 512).SequenceEqual(Device(address, 512)));
        }
    });

    [Fact]
    public void DeviceThatCannotScatterGetsScatteredPagesInOnePiece() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(scatter: false);
        MDL* mdl = ScatteredBuffer();
        ulong registers = Channel(adapter, 2);
        uint length = 2 * Page;

        ulong address = Map(adapter, mdl, registers, 0, &length, toDevice: true);

        Assert.Equal(2 * Page, length);
        Assert.Equal(0x11, Device(address, length)[0]);
        Assert.Equal(0x22, Device(address, length)[(int)Page]);
    });

    [Fact]
    public void DeviceThatScattersGetsTheFirstContiguousPiece() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(scatter: true);
        MDL* mdl = ScatteredBuffer();
        ulong registers = Channel(adapter, 2);
        uint length = 2 * Page;

        Map(adapter, mdl, registers, 0, &length, toDevice: true);

        Assert.Equal(Page, length);
    });

    [Fact]
    public void RequestsWaitInLineForMapRegisters() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(scatter: true);
        ulong all = Channel(adapter, _registers);
        var order = new List<int>();
        ulong second = 0;
        Ask(adapter, _registers, h => { order.Add(2); second = h; });
        Ask(adapter, 1, _ => order.Add(3)); // One register would be there sooner, but nobody overtakes.
        Assert.Empty(order);

        Operation(adapter, o => o->FreeMapRegisters, all, _registers);
        Assert.Equal([2], order);

        Operation(adapter, o => o->FreeMapRegisters, second, _registers);
        Assert.Equal([2, 3], order);
    });

    [Fact]
    public void KeptChannelKeepsOthersWaitingUntilItIsFreed() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(scatter: true);
        Channel(adapter, 1, IO_ALLOCATION_ACTION.KeepObject);
        bool granted = false;
        Ask(adapter, 1, _ => granted = true);
        Assert.False(granted);

        Operation(adapter, o => o->FreeAdapterChannel);

        Assert.True(granted);
    });

    [Fact]
    public void AdapterRoutineRunsAtDispatchLevel() => _machine.Run(() =>
    {
        KIRQL irql = 0;
        Ask(Adapter(scatter: true), 1, _ => irql = _machine.Kernel.Processor.Irql);

        Assert.Equal(DISPATCH_LEVEL, irql.Value);
    });

    [Fact]
    public void MoreRegistersThanThereAreAreRefused() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(scatter: true);

        NTSTATUS status = Operation(
            adapter, o => o->AllocateAdapterChannel, 0, _registers + 1, _machine.Routine(() => { }).Address, 0);

        Assert.Equal(STATUS_INSUFFICIENT_RESOURCES, status);
    });

    [Fact]
    public void ScatterGatherListDescribesTheBufferAndCopiesBackWhenItIsPut() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(scatter: true);
        MDL* mdl = Buffer(high: true, 2 * Page, offset: 0x20);
        SCATTER_GATHER_LIST* list = List(adapter, mdl, toDevice: false);

        var element = (SCATTER_GATHER_ELEMENT*)(list + 1);
        Assert.Equal((1u, 2 * Page), (list->NumberOfElements, element->Length));
        Device(element->Address.Value, element->Length).Fill(0x77);
        Operation(adapter, o => o->PutScatterGatherList, (ulong)list, 0);

        Assert.Equal(-1, Bytes(mdl).IndexOfAnyExcept((byte)0x77));
    });

    [Fact]
    public void ScatterGatherListHasOneElementAContiguousRun() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(scatter: true);
        MDL* mdl = ScatteredBuffer();
        uint* bytes = _machine.New<uint>();
        Operation(adapter, o => o->CalculateScatterGatherList,
            (ulong)mdl, (ulong)MmGetMdlVirtualAddress(mdl), 2 * Page, (ulong)bytes, 0);
        SCATTER_GATHER_LIST* list = List(adapter, mdl, toDevice: true);

        Assert.Equal(2u, list->NumberOfElements);
        Assert.Equal((uint)(sizeof(SCATTER_GATHER_LIST) + 2 * sizeof(SCATTER_GATHER_ELEMENT)), *bytes);
    });

    [Fact]
    public void CommonBufferLiesWithinReachAndMustBeFreedBeforeTheAdapter()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DMA_ADAPTER* adapter = Adapter(scatter: true);
            PHYSICAL_ADDRESS* logical = _machine.New<PHYSICAL_ADDRESS>();
            ulong buffer = Operation64(adapter, o => o->AllocateCommonBuffer, 3 * Page, (ulong)logical, 1);
            Assert.Equal(_machine.Memory.PhysicalOf(buffer), logical->Value);
            Assert.True(logical->Value + 3 * Page <= 1UL << ReachBits);
            Operation(adapter, o => o->PutDmaAdapter);
        });

        Assert.Equal((BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION, 7u), (report.Code, report.Parameter1));
    }

    [Fact]
    public void FreeingMapRegistersTwiceStopsTheMachine()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DMA_ADAPTER* adapter = Adapter(scatter: true);
            ulong registers = Channel(adapter, 2);
            Operation(adapter, o => o->FreeMapRegisters, registers, 2);
            Operation(adapter, o => o->FreeMapRegisters, registers, 2);
        });

        Assert.Equal((BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION, 5u), (report.Code, report.Parameter1));
    }

    [Fact]
    public void ReleasedAdapterStopsTheMachineWhenItIsUsed()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            DMA_ADAPTER* adapter = Adapter(scatter: true);
            DriverRoutine put = adapter->DmaOperations->PutDmaAdapter;
            _machine.Kernel.Processor.Call(put, adapter);
            _machine.Kernel.Processor.Call(put, adapter);
        });

        Assert.Equal(BugCheckCodes.DRIVER_VERIFIER_DMA_VIOLATION, report.Code);
    }

    [Fact]
    public void SystemDmaIsRefused() => _machine.Run(() =>
    {
        DEVICE_DESCRIPTION* description = _machine.New<DEVICE_DESCRIPTION>();
        uint* registers = _machine.New<uint>();

        Assert.True(IoGetDmaAdapter(null, description, registers) == null);
    });

    [Fact]
    public void TransfersAllocateNothingManaged() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(scatter: true);
        MDL* mdl = Buffer(high: true, Page, offset: 0);
        ulong handle = 0;
        DriverRoutine routine = _machine.Routine((_, _, registers, _) =>
        {
            handle = registers;
            return (ulong)IO_ALLOCATION_ACTION.DeallocateObjectKeepRegisters;
        });
        uint* length = _machine.New<uint>();
        DMA_OPERATIONS* operations = adapter->DmaOperations;
        Processor processor = _machine.Kernel.Processor;
        KIRQL irql = KeRaiseIrqlToDpcLevel();
        ulong* arguments = stackalloc ulong[6];
        Transfer(100);
        long allocated = Allocation.Least(() => Transfer(1000));
        KeLowerIrql(irql);

        Assert.Equal(0, allocated);

        void Transfer(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Set(arguments, (ulong)adapter, 0, 2, routine.Address, 0, 0);
                processor.Call(operations->AllocateAdapterChannel, new ReadOnlySpan<ulong>(arguments, 6));
                *length = Page;
                Set(
                    arguments, (ulong)adapter, (ulong)mdl, handle, (ulong)MmGetMdlVirtualAddress(mdl), (ulong)length,
                    1);
                processor.Call(operations->MapTransfer, new ReadOnlySpan<ulong>(arguments, 6));
                processor.Call(operations->FreeMapRegisters, (ulong)adapter, handle, 2);
            }
        }
    });

    private static void Set(ulong* arguments, ulong a, ulong b, ulong c, ulong d, ulong e, ulong f) =>
        (arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]) = (a, b, c, d, e, f);

    private DMA_ADAPTER* Adapter(bool scatter)
    {
        DEVICE_DESCRIPTION* description = _machine.New<DEVICE_DESCRIPTION>();
        description->Version = DEVICE_DESCRIPTION_VERSION3;
        description->Master = true;
        description->ScatterGather = scatter;
        description->InterfaceType = INTERFACE_TYPE.PCIBus;
        description->MaximumLength = 16 * Page;
        description->DmaAddressWidth = ReachBits;
        uint* registers = _machine.New<uint>();
        DMA_ADAPTER* adapter = IoGetDmaAdapter(null, description, registers);
        _registers = *registers;
        return adapter;
    }

    // A locked buffer with bytes that differ, within or beyond the device's reach.
    private MDL* Buffer(bool high, uint bytes, uint offset)
    {
        var highest = new PHYSICAL_ADDRESS((1UL << ReachBits) - 1);
        var pages = (byte*)(high
            ? MmAllocateContiguousMemorySpecifyCache(
                32 << 20, default, new PHYSICAL_ADDRESS(ulong.MaxValue), default, MEMORY_CACHING_TYPE.MmCached)
            : MmAllocateContiguousMemory(bytes + Page, highest));
        byte* buffer = pages + (high ? 16 << 20 : 0) + offset;
        for (uint i = 0; i < bytes; i++)
            buffer[i] = (byte)(i + i / 256);
        MDL* mdl = IoAllocateMdl(buffer, bytes, false, false, null);
        MmBuildMdlForNonPagedPool(mdl);
        return mdl;
    }

    private MDL* ScatteredBuffer()
    {
        MDL* mdl = Buffer(high: false, 2 * Page, offset: 0);
        ulong other = _machine.Kernel.Pages.Allocate(Page, PageAccess.ReadWrite, (1UL << ReachBits) - 1, 2 * Page);
        *(byte*)MmGetMdlVirtualAddress(mdl) = 0x11;
        *(byte*)other = 0x22;
        MmGetMdlPfnArray(mdl)[1] = _machine.Memory.PhysicalOf(other) / Page;
        return mdl;
    }

    private ulong Channel(
        DMA_ADAPTER* adapter, uint registers,
        IO_ALLOCATION_ACTION action = IO_ALLOCATION_ACTION.DeallocateObjectKeepRegisters)
    {
        ulong handle = 0;
        Ask(adapter, registers, value => handle = value, action);
        return handle;
    }

    private void Ask(
        DMA_ADAPTER* adapter, uint registers, Action<ulong> granted,
        IO_ALLOCATION_ACTION action = IO_ALLOCATION_ACTION.DeallocateObjectKeepRegisters)
    {
        DriverRoutine routine = _machine.Routine((_, _, handle, _) =>
        {
            granted(handle);
            return (ulong)action;
        });
        Assert.Equal(
            STATUS_SUCCESS, Operation(adapter, o => o->AllocateAdapterChannel, 0, registers, routine.Address, 0));
    }

    private ulong Map(DMA_ADAPTER* adapter, MDL* mdl, ulong registers, uint offset, uint* length, bool toDevice)
    {
        uint* shared = _shared == null ? _shared = _machine.New<uint>() : _shared;
        *shared = *length;
        ulong address = Operation64(adapter, o => o->MapTransfer, (ulong)mdl, registers,
            (ulong)MmGetMdlVirtualAddress(mdl) + offset, (ulong)shared, toDevice ? 1u : 0);
        *length = *shared;
        return address;
    }

    private void Transfer(DMA_ADAPTER* adapter, MDL* mdl)
    {
        ulong registers = Channel(adapter, 2);
        uint length = Page;
        Map(adapter, mdl, registers, 0, &length, toDevice: true);
        Operation(adapter, o => o->FreeMapRegisters, registers, 2);
    }

    private SCATTER_GATHER_LIST* List(DMA_ADAPTER* adapter, MDL* mdl, bool toDevice)
    {
        ulong list = 0;
        DriverRoutine routine = _machine.Routine((_, _, given, _) => list = given);
        Assert.Equal(STATUS_SUCCESS, Operation(adapter, o => o->GetScatterGatherList, 0, (ulong)mdl,
            (ulong)MmGetMdlVirtualAddress(mdl), mdl->ByteCount, routine.Address, 0, toDevice ? 1u : 0));
        return (SCATTER_GATHER_LIST*)list;
    }

    private Span<byte> Device(ulong address, uint length) =>
        new((void*)_machine.Memory.AddressOf(address), (int)length);

    private static Span<byte> Bytes(MDL* mdl) => new(MmGetMdlVirtualAddress(mdl), (int)mdl->ByteCount);

    private NTSTATUS Operation(DMA_ADAPTER* adapter, OperationOf operation, params ReadOnlySpan<ulong> arguments) =>
        new((int)Operation64(adapter, operation, arguments));

    // Calls an operation as a driver does, at DISPATCH_LEVEL.
    private ulong Operation64(DMA_ADAPTER* adapter, OperationOf operation, params ReadOnlySpan<ulong> arguments)
    {
        KIRQL irql = KeRaiseIrqlToDpcLevel();
        ulong result = _machine.Kernel.Processor.Call(
            operation(adapter->DmaOperations), [(ulong)adapter, .. arguments]);
        KeLowerIrql(irql);
        return result;
    }

    private delegate DriverRoutine OperationOf(DMA_OPERATIONS* operations);
}
