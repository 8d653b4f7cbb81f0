namespace Hil.Kernel.Tests.Mm;

public sealed unsafe class SectionTests : IDisposable
{
    private const uint ViewUnmap = 2;

    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void PagesComeBackWithTheLastViewAndHandle() => _machine.Run(() =>
    {
        int free = _machine.Kernel.Pages.FreePages;
        void* section = Create(0x20000);
        void* view = Map(section, out _);
        Assert.Equal(STATUS_SUCCESS, ZwClose(section));
        ((byte*)view)[0x1ffff] = 1;

        Assert.Equal(STATUS_SUCCESS, ZwUnmapViewOfSection(CurrentProcess, view));

        Assert.False(MmIsAddressValid(view));
        Assert.Equal(free, _machine.Kernel.Pages.FreePages);
    });

    [Fact]
    public void ASectionThatUserMemoryHasNoRoomForLiesInKernelMemory() => _machine.Run(() =>
    {
        void* view = Map(Create(9 << 20), out nuint bytes);

        Assert.Equal((nuint)(9 << 20), bytes);
        Assert.True((ulong)view >= _machine.Memory.KernelBase);
    });

    [Fact]
    public void APageAllowsWhatOneOfItsViewsDoes() => _machine.Run(() =>
    {
        void* section = Create(0x10000);
        void* reading = Map(section, out _, PAGE_READONLY);
        Assert.Equal(PageAccess.Read, _machine.Memory.AccessOf((ulong)reading));

        void* writing = Map(section, out _, PAGE_READWRITE);
        Assert.Equal(PageAccess.ReadWrite, _machine.Memory.AccessOf((ulong)reading));
        ZwUnmapViewOfSection(CurrentProcess, writing);
        ZwUnmapViewOfSection(CurrentProcess, reading);

        Assert.Equal(PageAccess.None, _machine.Memory.AccessOf((ulong)reading));
    });

    [Fact]
    public void AnAddressThatIsNotTheSectionsIsInConflict() => _machine.Run(() =>
    {
        void* section = Create(0x10000);
        var view = (void*)(_machine.Memory.UserBase + 0x100000);
        nuint bytes = 0;

        Assert.Equal(STATUS_CONFLICTING_ADDRESSES, ZwMapViewOfSection(
            section, CurrentProcess, &view, 0, 0, null, &bytes, ViewUnmap, 0, PAGE_READWRITE));
    });

    [Fact]
    public void DeviceSpaceIsMappedByItsPhysicalAddress() => _machine.Run(() =>
    {
        const long Registers = 0xFE001000;
        UNICODE_STRING* name = DriverString.Create(_machine.Kernel, @"\Device\PhysicalMemory");
        OBJECT_ATTRIBUTES* attributes = _machine.New<OBJECT_ATTRIBUTES>();
        attributes->ObjectName = name;
        void* section;
        Assert.Equal(STATUS_SUCCESS, ZwOpenSection(&section, GENERIC_ALL, attributes));
        void* view = null;
        nuint bytes = PAGE_SIZE;
        long offset = Registers;

        Assert.Equal(STATUS_SUCCESS, ZwMapViewOfSection(
            section, CurrentProcess, &view, 0, 0, &offset, &bytes, ViewUnmap, 0, PAGE_READWRITE));

        Assert.Equal((0xFE000000, (nuint)0x2000), (offset, bytes));
        Assert.Equal((ulong)Registers, MmGetPhysicalAddress((byte*)view + 0x1000).Value);
        Assert.Equal(STATUS_SUCCESS, ZwUnmapViewOfSection(CurrentProcess, view));
        Assert.False(MmIsAddressValid(view));
        bytes = 0;
        Assert.Equal(STATUS_INVALID_VIEW_SIZE, ZwMapViewOfSection(
            section, CurrentProcess, &view, 0, 0, &offset, &bytes, ViewUnmap, 0, PAGE_READWRITE));
    });

    [Theory]
    [InlineData(22, ViewUnmap, 0, PAGE_READWRITE, 0xC00000F2)]
    [InlineData(0, 0, 0, PAGE_READWRITE, 0xC00000F6)]
    [InlineData(0, ViewUnmap, 0x1000, PAGE_READWRITE, 0xC00000F7)]
    [InlineData(0, ViewUnmap, 0, PAGE_WRITECOPY, 0xC0000045)]
    public void WrongArgumentsAreRefused(uint zeroBits, uint inherit, uint type, uint protect, uint status) =>
        _machine.Run(() =>
        {
            void* view = null;
            nuint bytes = 0;

            Assert.Equal(new NTSTATUS(status), ZwMapViewOfSection(
                Create(0x1000), CurrentProcess, &view, zeroBits, 0, null, &bytes, inherit, type, protect));
        });

    private static void* CurrentProcess => (void*)-1;

    private static void* Create(long bytes)
    {
        void* section;
        Assert.Equal(STATUS_SUCCESS, ZwCreateSection(
            &section, GENERIC_ALL, null, &bytes, PAGE_READWRITE, SEC_COMMIT, null));
        return section;
    }

    private static void* Map(void* section, out nuint bytes, uint protect = PAGE_READWRITE)
    {
        void* view = null;
        nuint size = 0;
        Assert.Equal(STATUS_SUCCESS, ZwMapViewOfSection(
            section, CurrentProcess, &view, 0, 0, null, &size, ViewUnmap, 0, protect));
        bytes = size;
        return view;
    }
}
