namespace Hil.Kernel.Tests.Mm;

public sealed unsafe class MdlTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void MdlOfNonpagedPoolNamesItsPhysicalPages() => _machine.Run(() =>
    {
        var pool = (byte*)ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 3 * PAGE_SIZE, 0x20202020) + 0x123;
        MDL* mdl = IoAllocateMdl(pool, 2 * PAGE_SIZE, false, false, null);
        MmBuildMdlForNonPagedPool(mdl);

        for (uint i = 0; i < 3; i++)
            Assert.Equal(
                MmGetPhysicalAddress(pool - 0x123 + i * PAGE_SIZE).Value / PAGE_SIZE, MmGetMdlPfnArray(mdl)[i]);
        Assert.True(MmGetSystemAddressForMdlSafe(mdl, 0) == pool);
    });

    [Fact]
    public void LockedUserBufferMapsToItself() => _machine.Run(() =>
    {
        MDL* mdl = User(2 * PAGE_SIZE, PageAccess.ReadWrite);
        MmProbeAndLockPages(mdl, KPROCESSOR_MODE.UserMode, LOCK_OPERATION.IoWriteAccess);

        Assert.True(MmGetSystemAddressForMdlSafe(mdl, 0) == MmGetMdlVirtualAddress(mdl));
        MmUnlockPages(mdl);
        Assert.Equal(0, mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA));
    });

    [Theory]
    [InlineData(PageAccess.Read, LOCK_OPERATION.IoReadAccess, true)]
    [InlineData(PageAccess.Read, LOCK_OPERATION.IoWriteAccess, false)]
    [InlineData(PageAccess.Read, LOCK_OPERATION.IoModifyAccess, false)]
    [InlineData(PageAccess.None, LOCK_OPERATION.IoReadAccess, false)]
    [InlineData(PageAccess.ReadWrite, LOCK_OPERATION.IoModifyAccess, true)]
    public void LockingRaisesWhenThePagesForbidTheOperation(
        PageAccess access, LOCK_OPERATION operation, bool allowed) =>
        _machine.Run(() =>
        {
            ulong mdl = (ulong)User(PAGE_SIZE, access);
            Exception? raised = Record.Exception(
                () => MmProbeAndLockPages((MDL*)mdl, KPROCESSOR_MODE.UserMode, operation));

            Assert.Equal(allowed, raised == null);
            if (!allowed)
                Assert.Equal(STATUS_ACCESS_VIOLATION, Assert.IsType<GuestRaiseException>(raised).Status);
        });

    [Fact]
    public void LockingKernelMemoryForUserModeRaises() => _machine.Run(() =>
    {
        void* pool = ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 64, 0x20202020);
        ulong mdl = (ulong)IoAllocateMdl(pool, 64, false, false, null);

        Assert.Throws<GuestRaiseException>(
            () => MmProbeAndLockPages((MDL*)mdl, KPROCESSOR_MODE.UserMode, LOCK_OPERATION.IoReadAccess));
    });

    [Theory]
    [InlineData(0x7C)]
    [InlineData(0x7D)]
    [InlineData(0xB0)]
    public void WrongUseOfAnMdlStopsTheMachine(ulong violation)
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            void* pool = ExAllocatePoolWithTag(POOL_TYPE.NonPagedPool, 64, 0x20202020);
            MDL* mdl = IoAllocateMdl(pool, 64, false, false, null);
            if (violation != 0x7C)
                MmBuildMdlForNonPagedPool(mdl);
            if (violation == 0xB0)
                MmProbeAndLockPages(mdl, KPROCESSOR_MODE.KernelMode, LOCK_OPERATION.IoReadAccess);
            MmUnlockPages(mdl);
        });

        Assert.Equal((BugCheckCodes.DRIVER_VERIFIER_DETECTED_VIOLATION, violation), (report.Code, report.Parameter1));
    }

    [Fact]
    public void PartialMdlDescribesPartOfTheBuffer() => _machine.Run(() =>
    {
        MDL* source = User(3 * PAGE_SIZE, PageAccess.ReadWrite);
        MmProbeAndLockPages(source, KPROCESSOR_MODE.UserMode, LOCK_OPERATION.IoWriteAccess);
        byte* part = (byte*)MmGetMdlVirtualAddress(source) + PAGE_SIZE + 5;
        MDL* target = IoAllocateMdl(part, PAGE_SIZE, false, false, null);
        IoBuildPartialMdl(source, target, part, PAGE_SIZE);

        Assert.Equal(PAGE_SIZE, target->ByteCount);
        Assert.True(MmGetSystemAddressForMdlSafe(target, 0) == part);
        Assert.Equal(MmGetMdlPfnArray(source)[1], MmGetMdlPfnArray(target)[0]);
    });

    [Fact]
    public void PartialMdlThatIsTooSmallStopsTheMachine()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            MDL* source = User(3 * PAGE_SIZE, PageAccess.ReadWrite);
            MmProbeAndLockPages(source, KPROCESSOR_MODE.UserMode, LOCK_OPERATION.IoWriteAccess);
            void* start = MmGetMdlVirtualAddress(source);
            IoBuildPartialMdl(source, IoAllocateMdl(start, PAGE_SIZE, false, false, null), start, 0);
        });

        Assert.Equal(BugCheckCodes.TARGET_MDL_TOO_SMALL, report.Code);
    }

    [Fact]
    public void SecondaryBufferIsAppendedToTheIrpsChain() => _machine.Run(() =>
    {
        IRP* irp = _machine.New<IRP>();
        MDL* first = IoAllocateMdl(null, 16, false, false, irp);
        MDL* second = IoAllocateMdl(null, 16, true, false, irp);

        Assert.True(irp->MdlAddress == first && first->Next == second);
    });

    [Fact]
    public void PagesForAnMdlAreMappedInOnePieceAndFreed() => _machine.Run(() =>
    {
        int free = _machine.Kernel.Pages.FreePages;
        MDL* mdl = MmAllocatePagesForMdl(default, new PHYSICAL_ADDRESS(ulong.MaxValue), default, 5 * PAGE_SIZE);
        void* address = MmMapLockedPages(mdl, KPROCESSOR_MODE.KernelMode);
        new Span<byte>(address, 5 * (int)PAGE_SIZE).Fill(1);
        MmUnmapLockedPages(address, mdl);
        MmFreePagesFromMdl(mdl);
        ExFreePool(mdl);

        Assert.Equal(PageAccess.None, _machine.Memory.AccessOf((ulong)address));
        Assert.InRange(_machine.Kernel.Pages.FreePages, free - 4, free); // A slab for the MDL may have been made.
    });

    [Fact]
    public void MdlOfADeviceMappingNamesItsPagesAndIsItsOwnMapping() => _machine.Run(() =>
    {
        void* mapped = MmMapIoSpace(new PHYSICAL_ADDRESS(0xFEB00010), 0x1800, MEMORY_CACHING_TYPE.MmNonCached);
        MDL* mdl = IoAllocateMdl(mapped, 0x1800, false, false, null);
        MmBuildMdlForNonPagedPool(mdl);

        Assert.Equal([0xFEB00, 0xFEB01], new Span<ulong>(MmGetMdlPfnArray(mdl), 2).ToArray());
        Assert.Equal(MDL_SOURCE_IS_NONPAGED_POOL | MDL_IO_SPACE,
            mdl->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_IO_SPACE));
        Assert.True(MmGetSystemAddressForMdlSafe(mdl, 0) == mapped);
        Assert.True(MmMapLockedPages(mdl, KPROCESSOR_MODE.KernelMode) == mapped);
        Assert.Equal(STATUS_NOT_MAPPED_VIEW, MmProtectMdlSystemAddress(mdl, PAGE_READONLY));
        MmUnmapLockedPages(mapped, mdl);
        IoFreeMdl(mdl);
        MmUnmapIoSpace(mapped, 0x1800);
    });

    [Fact]
    public void MdlOverTheEndOfADeviceMappingIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            void* mapped = MmMapIoSpace(new PHYSICAL_ADDRESS(0xFEB00000), 0x1000, MEMORY_CACHING_TYPE.MmNonCached);
            MmBuildMdlForNonPagedPool(IoAllocateMdl(mapped, 0x1001, false, false, null));
        });

        Assert.Equal(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, report.Code);
    }

    [Fact]
    public void DeviceMappingTranslatesBackAndMustBeUnmappedWithItsSize()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            void* mapped = MmMapIoSpace(new PHYSICAL_ADDRESS(0xFEB00010), 0x100, MEMORY_CACHING_TYPE.MmNonCached);
            Assert.Equal(0xFEB00014u, MmGetPhysicalAddress((byte*)mapped + 4).Value);
            MmUnmapIoSpace(mapped, 0x200);
        });

        Assert.Equal(BugCheckCodes.SYSTEM_PTE_MISUSE, report.Code);
    }

    [Fact]
    public void RamThatNobodyHasIsNotMapped()
    {
        ulong physical = 0;
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            ulong freed = _machine.Kernel.Pages.Allocate(2 * PAGE_SIZE, PageAccess.ReadWrite);
            physical = _machine.Memory.PhysicalOf(freed);
            MmUnmapIoSpace(
                MmMapIoSpace(new PHYSICAL_ADDRESS(physical), 2 * PAGE_SIZE, MEMORY_CACHING_TYPE.MmCached),
                2 * PAGE_SIZE);
            _machine.Kernel.Pages.Free(freed, 2 * PAGE_SIZE);
            MmMapIoSpace(new PHYSICAL_ADDRESS(physical), 2 * PAGE_SIZE, MEMORY_CACHING_TYPE.MmCached);
        });

        Assert.Equal(BugCheckCodes.DRIVER_VERIFIER_DETECTED_VIOLATION, report.Code);
        Assert.Equal((0x83ul, physical), (report.Parameter1, report.Parameter2));
    }

    [Theory]
    [InlineData(0, 0, 8, null)]
    [InlineData(1, 8, 8, 0x80000002)]
    [InlineData(0, 8, 8, null)]
    [InlineData(0x10000000, 8, 8, 0xC0000005)]
    public void ProbeForReadRaisesForMisalignedAndKernelAddresses(
        int offset, int length, uint alignment, uint? status) =>
        _machine.Run(() =>
        {
            ulong address = _machine.Kernel.Pages.AllocateUser(PAGE_SIZE, PageAccess.Read) + (ulong)offset;
            var raised = Record.Exception(() => ProbeForRead((void*)address, (nuint)length, alignment));

            Assert.Equal(status, raised == null ? null : (uint)Assert.IsType<GuestRaiseException>(raised).Status.Value);
        });

    [Fact]
    public void MissingRoutineIsNullAndAPresentOneIsNot() => _machine.Run(() =>
    {
        Assert.True(Find("NoSuchRoutineAnywhere") == null);
        Assert.True(Find("ExFreePool") != null);
        Assert.True(Find("MmUserProbeAddress") != null);
    });

    private static void* Find(string name)
    {
        // The kernel reads names from driver memory only.
        Pool pool = NtKernel.Current.Pool;
        var text = (UNICODE_STRING*)pool.Allocate((nuint)sizeof(UNICODE_STRING), 0);
        text->Buffer = (char*)pool.Allocate((nuint)name.Length * 2, 0);
        text->Length = text->MaximumLength = (ushort)(name.Length * 2);
        name.CopyTo(new Span<char>(text->Buffer, name.Length));
        return MmGetSystemRoutineAddress(text);
    }

    private MDL* User(uint bytes, PageAccess access)
    {
        ulong address = _machine.Kernel.Pages.AllocateUser(bytes, access);
        return IoAllocateMdl((void*)address, bytes, false, false, null);
    }
}
