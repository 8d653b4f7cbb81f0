namespace Hil.Kernel.Tests.Mm;

/// <summary>Every way in which a physical address gets out shares its page, and every way back unshares it.</summary>
public sealed unsafe class DisclosedMemoryTests : IDisposable
{
    private const uint Page = PAGE_SIZE;
    private const uint Tag = 0x74736554;
    private const uint ReachBits = 24; // 16 MB of the test machine's 64.

    private readonly TestDmaShadow _shadow = new();
    private readonly TestMachine _machine;

    public DisclosedMemoryTests() => _machine = new TestMachine(dmaShadow: _shadow);

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void ContiguousMemoryIsCommonUntilItIsFreed() => _machine.Run(() =>
    {
        var memory = (byte*)MmAllocateContiguousMemory(2 * Page, new PHYSICAL_ADDRESS(ulong.MaxValue));
        Assert.Equal((DmaSharing.Common, DmaSharing.Common), (_shadow.Of(memory), _shadow.Of(memory + Page)));

        MmFreeContiguousMemory(memory);

        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void CommonBufferIsCommonUntilItIsFreed() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter();
        PHYSICAL_ADDRESS* logical = _machine.New<PHYSICAL_ADDRESS>();
        ulong buffer = Call(adapter, adapter->DmaOperations->AllocateCommonBuffer, Page, (ulong)logical, 1);
        Assert.Equal(DmaSharing.Common, _shadow[buffer]);

        Call(adapter, adapter->DmaOperations->FreeCommonBuffer, Page, logical->Value, buffer, 1);

        Assert.Equal(0, _shadow.Count);
    });

    [Theory]
    [InlineData(64)]
    [InlineData(3 * PAGE_SIZE)]
    public void PoolPageWhoseAddressWasToldIsCommonUntilThePoolIsFreed(uint bytes) => _machine.Run(() =>
    {
        byte* pool = Pool(bytes);
        MmGetPhysicalAddress(pool + bytes - 1);
        MmGetPhysicalAddress(pool + bytes - 1);
        Assert.Equal((DmaSharing.Common, 1), (_shadow.Of(pool + bytes - 1), _shadow.Count));

        ExFreePool(pool);

        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void BlocksOnOnePageAreForgottenOneByOne()
    {
        using var machine = new TestMachine(specialPool: false, dmaShadow: _shadow);
        machine.Run(() =>
        {
            byte* first = Pool(64);
            byte* second = Pool(64);
            Assert.True(PAGE_ALIGN(first) == PAGE_ALIGN(second));
            MmGetPhysicalAddress(first);
            MmGetPhysicalAddress(second);

            ExFreePool(first);
            Assert.Equal(DmaSharing.Common, _shadow.Of(second));
            ExFreePool(second);
            Assert.Equal(0, _shadow.Count);
        });
    }

    [Fact]
    public void PageOfNobodysPoolIsCommonUntilItIsFreed() => _machine.Run(() =>
    {
        void* memory = MmAllocateNonCachedMemory(Page);
        MmGetPhysicalAddress(memory);
        Assert.Equal(DmaSharing.Common, _shadow.Of(memory));

        MmFreeNonCachedMemory(memory, Page);

        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void DeviceRegistersAreNotShared() => _machine.Run(() =>
    {
        void* registers = MmMapIoSpace(new PHYSICAL_ADDRESS(0xFEB00000), Page, MEMORY_CACHING_TYPE.MmNonCached);

        Assert.Equal(0xFEB00000u, MmGetPhysicalAddress(registers).Value);
        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void LockedPagesAreCommonUntilTheyAreUnlocked() => _machine.Run(() =>
    {
        MDL* mdl = LockedUserBuffer(2 * Page);
        Assert.Equal(2, _shadow.Count);
        Assert.Equal(DmaSharing.Common, _shadow.Of(MmGetMdlVirtualAddress(mdl)));

        MmUnlockPages(mdl);

        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void AddressToldOfALockedBufferIsForgottenWithTheLock() => _machine.Run(() =>
    {
        MDL* mdl = LockedUserBuffer(Page);
        MmGetPhysicalAddress(MmGetMdlVirtualAddress(mdl));

        MmUnlockPages(mdl);

        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void LockThatRaisesSharesNothing() => _machine.Run(() =>
    {
        ulong mdl = (ulong)IoAllocateMdl(Pool(64), 64, false, false, null);

        Assert.Throws<GuestRaiseException>(
            () => MmProbeAndLockPages((MDL*)mdl, KPROCESSOR_MODE.UserMode, LOCK_OPERATION.IoReadAccess));
        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void NonpagedPoolStaysCommonWhenItsMdlIsFreed() => _machine.Run(() =>
    {
        byte* pool = Pool(2 * Page);
        MDL* mdl = PoolMdl(pool, 2 * Page);
        Assert.Equal((2, DmaSharing.Common), (_shadow.Count, _shadow.Of(pool)));

        IoFreeMdl(mdl);
        Assert.Equal((2, DmaSharing.Common), (_shadow.Count, _shadow.Of(pool)));
        ExFreePool(pool);

        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void NonpagedPoolThatAnAdapterMappedIsSharedUntilItsMdlIsFreed() => _machine.Run(() =>
    {
        byte* pool = Pool(Page);
        MDL* mdl = PoolMdl(pool, Page);
        DMA_ADAPTER* adapter = Adapter();
        Map(adapter, mdl, Channel(adapter, 1), 0, Page);
        Assert.Equal(DmaSharing.Transfer, _shadow.Of(pool));

        IoFreeMdl(mdl);

        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void MdlThatIsBuiltAgainKeepsBothBuffersCommon() => _machine.Run(() =>
    {
        byte* first = Pool(Page);
        byte* second = Pool(Page);
        MDL* mdl = PoolMdl(first, Page);

        MmInitializeMdl(mdl, second, Page);
        MmBuildMdlForNonPagedPool(mdl);

        Assert.Equal((DmaSharing.Common, DmaSharing.Common), (_shadow.Of(first), _shadow.Of(second)));
        IoFreeMdl(mdl);
        ExFreePool(first);
        ExFreePool(second);
        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void MdlInTheDriversOwnMemoryIsForgottenWhenThatIsFreed() => _machine.Run(() =>
    {
        ulong buffer = _machine.Kernel.Pages.AllocateUser(Page, PageAccess.ReadWrite);
        var mdl = (MDL*)Pool((uint)MmSizeOfMdl((void*)buffer, Page));
        MmInitializeMdl(mdl, (void*)buffer, Page);
        MmProbeAndLockPages(mdl, KPROCESSOR_MODE.KernelMode, LOCK_OPERATION.IoWriteAccess);
        Assert.Equal(1, _shadow.Count);

        ExFreePool(mdl);

        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void MdlWithAWildAddressSharesNothing() => _machine.Run(() =>
    {
        MDL* whole = PoolMdl(Pool(2 * Page), 2 * Page);
        MDL* part = IoAllocateMdl(MmGetMdlVirtualAddress(whole), Page, false, false, null);
        whole->MappedSystemVa = (void*)0xDEAD_0000_0000;

        IoBuildPartialMdl(whole, part, MmGetMdlVirtualAddress(whole), Page);

        Assert.Equal(2, _shadow.Count);
    });

    [Fact]
    public void BufferThatIsFreedBeforeItsMdlIsSharedNoLonger() => _machine.Run(() =>
    {
        byte* buffer = Pool(Page);
        MDL* mdl = PoolMdl(buffer, Page);

        ExFreePool(buffer);
        Assert.Equal(0, _shadow.Count);
        IoFreeMdl(mdl);

        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void PartOfANonpagedBufferIsSharedLongerThanTheWhole() => _machine.Run(() =>
    {
        byte* buffer = Pool(3 * Page);
        MDL* whole = PoolMdl(buffer, 3 * Page);
        MDL* part = IoAllocateMdl(buffer + Page, Page, false, false, null);
        IoBuildPartialMdl(whole, part, buffer + Page, Page);

        DMA_ADAPTER* adapter = Adapter();
        Map(adapter, whole, Channel(adapter, 3), 0, 3 * Page);

        IoFreeMdl(whole);
        Assert.Equal((1, DmaSharing.Common), (_shadow.Count, _shadow.Of(buffer + Page)));
        ExFreePool(buffer);

        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void PagesForAnMdlAreSharedUntilTheyAreFreed() => _machine.Run(() =>
    {
        MDL* mdl = MmAllocatePagesForMdl(default, new PHYSICAL_ADDRESS(ulong.MaxValue), default, 5 * Page);
        Assert.Equal(5, _shadow.Count);

        MmFreePagesFromMdl(mdl);

        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void BufferThatAnAdapterMapsIsFlushedAndComparedNoLonger() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter();
        MDL* mdl = LockedUserBuffer(2 * Page);
        ulong buffer = (ulong)MmGetMdlVirtualAddress(mdl);

        ulong registers = Channel(adapter, 2);
        Map(adapter, mdl, registers, Page + 10, 20);
        Assert.Equal((DmaSharing.Transfer, DmaSharing.Transfer), (_shadow[buffer], _shadow[buffer + Page]));
        Call(adapter, adapter->DmaOperations->FlushAdapterBuffers,
            (ulong)mdl, registers, buffer + Page + 10, 20, 0);
        Call(adapter, adapter->DmaOperations->FreeMapRegisters, registers, 2);

        Assert.Equal([(buffer + Page + 10, 20UL), (buffer + Page + 10, 20UL)], _shadow.Flushes);
        MmUnlockPages(mdl);
        Assert.Equal(0, _shadow.Count);
    });

    [Fact]
    public void NeighbourOfAMappedBufferStaysCommon() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter();
        ulong memory = _machine.Kernel.Pages.AllocateUser(Page, PageAccess.ReadWrite);
        MDL* mapped = Lock((void*)memory, 100);
        MDL* neighbour = Lock((void*)(memory + 100), 100);

        Map(adapter, mapped, Channel(adapter, 1), 0, 100);
        Assert.Equal(DmaSharing.Common, _shadow[memory]);
        MmUnlockPages(neighbour);

        Assert.Equal(DmaSharing.Transfer, _shadow[memory]);
    });

    [Fact]
    public void ToldAddressStaysCommonWhenAnAdapterMapsIt() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter();
        byte* pool = Pool(Page);
        MDL* mdl = PoolMdl(pool, Page);
        MmGetPhysicalAddress(pool);

        Map(adapter, mdl, Channel(adapter, 1), 0, Page);

        Assert.Equal(DmaSharing.Common, _shadow.Of(pool));
    });

    [Fact]
    public void PartialMdlClaimsTheBufferThatItIsPartOf() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter();
        MDL* whole = LockedUserBuffer(3 * Page);
        byte* start = (byte*)MmGetMdlVirtualAddress(whole) + Page;
        MDL* part = IoAllocateMdl(start, Page, false, false, null);
        IoBuildPartialMdl(whole, part, start, Page);

        Map(adapter, part, Channel(adapter, 1), 0, Page);

        Assert.Equal((DmaSharing.Transfer, 3), (_shadow.Of(start + Page), _shadow.Count));
    });

    [Fact]
    public void PageThatOnlyAHandMadeMdlNamesIsCommonUntilItIsFreed() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter();
        MDL* mdl = LockedUserBuffer(Page);
        void* other = MmAllocateNonCachedMemory(Page);
        MmGetMdlPfnArray(mdl)[0] = _machine.Memory.PhysicalOf((ulong)other) / Page;

        Map(adapter, mdl, Channel(adapter, 1), 0, Page);
        Assert.Equal(DmaSharing.Common, _shadow.Of(other));
        MmFreeNonCachedMemory(other, Page);

        Assert.Null(_shadow.Of(other));
    });

    [Fact]
    public void ScatterGatherListIsFlushedWhenItIsMadeAndWhenItIsPut() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter();
        MDL* mdl = LockedUserBuffer(2 * Page);
        ulong buffer = (ulong)MmGetMdlVirtualAddress(mdl);
        ulong list = 0;
        DriverRoutine routine = _machine.Routine((_, _, given, _) => list = given);

        Call(adapter, adapter->DmaOperations->GetScatterGatherList,
            0, (ulong)mdl, buffer, 2 * Page, routine.Address, 0, 0);
        Assert.Equal([(buffer, 2UL * Page)], _shadow.Flushes);
        Call(adapter, adapter->DmaOperations->PutScatterGatherList, list, 0);

        Assert.Equal([(buffer, 2UL * Page), (buffer, 2UL * Page)], _shadow.Flushes);
    });

    [Fact]
    public void BouncePagesAreSharedForTheirTransferInPlaceOfTheBuffer() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter();
        void* high = MmAllocateNonCachedMemory(Page);
        while (_machine.Memory.PhysicalOf((ulong)high) < 1UL << (int)ReachBits)
            high = MmAllocateNonCachedMemory(1 << 20);
        MDL* mdl = Lock(high, Page);
        ulong registers = Channel(adapter, 2);

        ulong bounce = _machine.Memory.AddressOf(Map(adapter, mdl, registers, 0, Page));
        Assert.Equal((DmaSharing.Transfer, DmaSharing.Transfer), (_shadow[bounce], _shadow.Of(high)));
        Assert.Contains((bounce, (ulong)Page), _shadow.Flushes);
        Call(adapter, adapter->DmaOperations->FreeMapRegisters, registers, 2);

        Assert.Null(_shadow[bounce]);
    });

    [Fact]
    public void FramesBeyondRamAreLeftAlone() => _machine.Run(() =>
    {
        DMA_ADAPTER* adapter = Adapter(reachBits: 32);
        MDL* mdl = LockedUserBuffer(Page);
        MmGetMdlPfnArray(mdl)[0] = 0xFEB00000 / Page; // Another device's registers: peer to peer.

        SCATTER_GATHER_LIST* list = List(adapter, mdl);

        Assert.Equal(1u, list->NumberOfElements);
        Assert.Equal(1, _shadow.Count);
    });

    [Fact]
    public void DevicesAreObservedBeforeAServiceRoutineRuns() => _machine.Run(() =>
    {
        byte vector = Message();
        int inside = 0;
        var place = (KINTERRUPT**)_machine.New<nint>();
        DriverRoutine service = _machine.Routine((_, _, _, _) =>
        {
            inside = _shadow.Observations;
            return 1;
        });
        IoConnectInterrupt(place, service, null, null, vector, (byte)(vector >> 4), (byte)(vector >> 4),
            KINTERRUPT_MODE.Latched, false, 1, false);
        int before = _shadow.Observations;

        _machine.RaiseInterrupt(vector);
        KeLowerIrql(KeRaiseIrqlToDpcLevel());

        Assert.True(inside > before);
        IoDisconnectInterrupt(*place);
    });

    [Fact]
    public void DevicesAreObservedAfterAStallAndALookAtTheClock() => _machine.Run(() =>
    {
        int before = _shadow.Observations;
        KeStallExecutionProcessor(1);
        int between = _shadow.Observations;
        KeQueryInterruptTime();

        Assert.True(before < between && between < _shadow.Observations);
    });

    [Fact]
    public void DevicesAreObservedWhenTheProcessorHasIdled() => _machine.Run(() =>
    {
        int before = _shadow.Observations;
        long* due = (long*)_machine.New<ulong>();
        *due = -10_000;

        KeDelayExecutionThread(KPROCESSOR_MODE.KernelMode, false, due);

        Assert.True(_shadow.Observations > before);
    });

    [Fact]
    public void LockingAndTellingAddressesAllocatesNothingManaged()
    {
        using var machine = new TestMachine(dmaShadow: new IndifferentShadow());
        machine.Run(() =>
        {
            void* buffer = (void*)machine.Kernel.Pages.AllocateUser(4 * Page, PageAccess.ReadWrite);
            MDL* mdl = IoAllocateMdl(buffer, 4 * Page, false, false, null);
            Lock(100);

            Assert.Equal(0, Allocation.Least(() => Lock(1000)));

            void Lock(int count)
            {
                for (int i = 0; i < count; i++)
                {
                    MmProbeAndLockPages(mdl, KPROCESSOR_MODE.KernelMode, LOCK_OPERATION.IoWriteAccess);
                    MmGetPhysicalAddress(buffer);
                    machine.Kernel.Disclosed.HandOver((ulong)buffer, Page);
                    MmUnlockPages(mdl);
                }
            }
        });
    }

    private DMA_ADAPTER* Adapter(uint reachBits = ReachBits)
    {
        DEVICE_DESCRIPTION* description = _machine.New<DEVICE_DESCRIPTION>();
        description->Version = DEVICE_DESCRIPTION_VERSION3;
        description->Master = true;
        description->ScatterGather = true;
        description->InterfaceType = INTERFACE_TYPE.PCIBus;
        description->MaximumLength = 16 * Page;
        description->DmaAddressWidth = reachBits;
        return IoGetDmaAdapter(null, description, _machine.New<uint>());
    }

    private ulong Channel(DMA_ADAPTER* adapter, uint registers)
    {
        ulong handle = 0;
        DriverRoutine routine = _machine.Routine((_, _, given, _) =>
        {
            handle = given;
            return (ulong)IO_ALLOCATION_ACTION.DeallocateObjectKeepRegisters;
        });
        Call(adapter, adapter->DmaOperations->AllocateAdapterChannel, 0, registers, routine.Address, 0);
        return handle;
    }

    private ulong Map(DMA_ADAPTER* adapter, MDL* mdl, ulong registers, uint offset, uint bytes)
    {
        uint* length = _machine.New<uint>();
        *length = bytes;
        return Call(adapter, adapter->DmaOperations->MapTransfer,
            (ulong)mdl, registers, (ulong)MmGetMdlVirtualAddress(mdl) + offset, (ulong)length, 0);
    }

    private SCATTER_GATHER_LIST* List(DMA_ADAPTER* adapter, MDL* mdl)
    {
        ulong list = 0;
        DriverRoutine routine = _machine.Routine((_, _, given, _) => list = given);
        Call(adapter, adapter->DmaOperations->GetScatterGatherList,
            0, (ulong)mdl, (ulong)MmGetMdlVirtualAddress(mdl), mdl->ByteCount, routine.Address, 0, 0);
        return (SCATTER_GATHER_LIST*)list;
    }

    private ulong Call(DMA_ADAPTER* adapter, DriverRoutine operation, params ReadOnlySpan<ulong> arguments)
    {
        KIRQL irql = KeRaiseIrqlToDpcLevel();
        ulong result = _machine.Kernel.Processor.Call(operation, [(ulong)adapter, .. arguments]);
        KeLowerIrql(irql);
        return result;
    }

    private MDL* LockedUserBuffer(uint bytes) =>
        Lock((void*)_machine.Kernel.Pages.AllocateUser(bytes, PageAccess.ReadWrite), bytes);

    private static MDL* Lock(void* buffer, uint bytes)
    {
        MDL* mdl = IoAllocateMdl(buffer, bytes, false, false, null);
        MmProbeAndLockPages(mdl, KPROCESSOR_MODE.KernelMode, LOCK_OPERATION.IoWriteAccess);
        return mdl;
    }

    private static MDL* PoolMdl(void* pool, uint bytes)
    {
        MDL* mdl = IoAllocateMdl(pool, bytes, false, false, null);
        MmBuildMdlForNonPagedPool(mdl);
        return mdl;
    }

    private static byte* Pool(uint bytes) => (byte*)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPoolNx, bytes, Tag);

    private byte Message()
    {
        Assert.True(_machine.Kernel.Interrupts.TryAllocateVectors(1, out byte vector));
        return vector;
    }

    private sealed class IndifferentShadow : IDmaShadow
    {
        public void Share(ulong address, ulong bytes, DmaSharing sharing)
        {
        }

        public void Unshare(ulong address, ulong bytes, DmaSharing sharing)
        {
        }

        public void Observe()
        {
        }

        public void Flush(ulong address, ulong bytes)
        {
        }
    }
}
