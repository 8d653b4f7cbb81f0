using System.Runtime.CompilerServices;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Wdm;
using static Hil.Wdm.NtStatus;
using static Hil.Wdm.WdmConstants;

namespace Hil.Loader.Tests;

public sealed unsafe class DriverLoaderTests : IDisposable
{
    private readonly FakeMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void ImageStandsInMemoryRelocatedToItsPlace()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build());

        ulong guardCheck = Read(driver, MsvcImage.GuardCheckRva);
        Assert.Equal(driver.Module.Base + MsvcImage.TextRva + 0x10, guardCheck);
    }

    [Fact]
    public void PagesGetTheProtectionOfTheirSections()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build());

        Assert.Equal(PageAccess.Read, Access(driver, 0));
        Assert.Equal(PageAccess.ReadExecute, Access(driver, MsvcImage.TextRva));
        Assert.Equal(PageAccess.Read, Access(driver, MsvcImage.RdataRva));
        Assert.Equal(PageAccess.ReadWrite, Access(driver, MsvcImage.DataRva));
        Assert.Equal(PageAccess.ReadWrite, Access(driver, MsvcImage.DataRva + 0x1000));
        Assert.Equal(PageAccess.All, Access(driver, MsvcImage.InitRva));
    }

    [Fact]
    public void SmallSectionsThatShareAPageShareTheirProtection()
    {
        var pe = new PeBuilder { SectionAlignment = 0x80, FileAlignment = 0x80, ImageBase = 0x10000, EntryRva = 0x280 };
        pe.Section(".text", PeBuilder.Code, 0x40).AsSpan().Fill(0xC3);
        pe.Section(".data", PeBuilder.Data, 0x40);

        NativeDriver driver = _machine.Load(pe.Build());

        Assert.Equal(PageAccess.All, Access(driver, 0));
    }

    [Fact]
    public void DelayedImportsAreBoundLikeOthers()
    {
        byte[] image = MsvcImage.Build();
        var patched = new PatchedImage(image);
        // The second module's descriptor becomes a delay-import descriptor over the unused end of INIT.
        patched.Apply("u32 dir.13 = 0x71A0; u32 dir.13+4 = 64; u32 raw.INIT+0x1A0 = 1; u32 raw.INIT+0x1A4 = 0x7170; " +
            "u32 raw.INIT+0x1AC = 0x2040; u32 raw.INIT+0x1B0 = 0x70B0");

        NativeDriver driver = _machine.Load(patched.Bytes);

        Assert.Contains(driver.Module.Image.Imports, m => m.IsDelayed && m.Module == "HAL.dll");
        Assert.NotEqual(0ul, Read(driver, MsvcImage.RdataRva + 0x40));
    }

    [Fact]
    public void CodeIsWrittenFromTheGuestSide()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build());

        uint[] expected = [MsvcImage.TextRva, MsvcImage.PageRva, MsvcImage.InitRva];
        Assert.Equal(expected, _machine.Processor.CodeWrites.Select(w => (uint)(w.Address - driver.Module.Base)));
    }

    [Fact]
    public void SecurityCookieIsReplacedAndItsUpperBitsAreZero()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build());

        Assert.Equal(0x0000_5678_9ABC_DEF0u, Read(driver, MsvcImage.CookieRva));
    }

    [Fact]
    public void GuestRoutineIsPreferredToACallIntoTheHost()
    {
        _machine.Processor.GuestRoutines["IofCallDriver"] = 0x7777_0000;
        NativeDriver driver = _machine.Load(MsvcImage.Build());

        Assert.Equal(0x7777_0000u, Read(driver, MsvcImage.RdataRva + 8));
    }

    [Fact]
    public void MissingImportsAreListedOnOneWarningLine()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build(), "folder/hand.sys");

        Assert.Contains(new MissingImport("HAL.dll", "#17", IsModuleAbsent: false), driver.MissingImports);
        string line = Assert.Single(_machine.Lines, l => l.Contains("missing", StringComparison.Ordinal));
        Assert.StartsWith("hand.sys: warning:", line, StringComparison.Ordinal);
        Assert.Contains("HAL.dll!#17", line, StringComparison.Ordinal);
    }

    [Fact]
    public void CallingAMissingImportStopsTheMachineAndNamesImportDriverAndCaller()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build(), "hand.sys");
        ulong stop = Read(driver, MsvcImage.RdataRva + 0x20);
        _machine.Processor.CallsStub = (uint)((stop - _machine.Processor.StubBase) / IVirtualProcessor.StubStride);

        var stopped = Assert.Throws<BugCheckException>(() => _machine.Initialize(driver));

        Assert.Equal(BugCheckCodes.KMODE_EXCEPTION_NOT_HANDLED, stopped.Report.Code);
        Assert.Contains("hand.sys called HAL.dll!#17 at hand.sys+0x7005", stopped.Report.Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public void MissingVariableLiesOnAnUnmappedPage()
    {
        byte[] image = MsvcImage.Build();
        PeBuilder.Text(image.AsSpan(InitOffset(image) + 0x10A), 0, "HalDispatchTable\0");
        NativeDriver driver = _machine.Load(image);

        Assert.Contains(driver.MissingImports, m => m.Name == "HalDispatchTable");
        Assert.Equal(PageAccess.None, _machine.Memory.AccessOf(Read(driver, MsvcImage.RdataRva + 0x10)));
    }

    [Fact]
    public void MoreMissingImportsThanStubsIsABadImageAndFreesItsPages()
    {
        _machine.Processor.StubCount = (uint)ExportTable.Functions.Length + 1;
        int before = _machine.Kernel.Pages.FreePages;
        byte[] image = MsvcImage.Build();
        PeBuilder.Text(image.AsSpan(InitOffset(image) + 0xE2), 0, "IoNoSuchName\0");

        Assert.Throws<BadDriverImageException>(() => _machine.Load(image));

        Assert.Equal(before, _machine.Kernel.Pages.FreePages);
        Assert.Empty(_machine.Kernel.Modules.All);
    }

    [Fact]
    public void FrameworkDriverIsRefusedWithAReason()
    {
        byte[] image = MsvcImage.Build();
        PeBuilder.Text(image.AsSpan(InitOffset(image) + 0x170), 0, "WDFLDR.SYS\0");

        var bad = Assert.Throws<BadDriverImageException>(() => _machine.Load(image));

        Assert.Contains("KMDF", bad.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ImportsFromALoadedDriverLeadIntoIt()
    {
        NativeDriver library = _machine.Load(MingwImage.Dll, "library.sys");
        byte[] image = MsvcImage.Build();
        PeBuilder.Text(image.AsSpan(InitOffset(image) + 0x160), 0, "LIBRARY.SYS\0");
        PeBuilder.Text(image.AsSpan(InitOffset(image) + 0xE2), 0, "DriverEntry\0");

        NativeDriver driver = _machine.Load(image);

        Assert.Equal(library.Module.Base + library.Module.Image.EntryRva, Read(driver, MsvcImage.RdataRva));
    }

    [Fact]
    public void ImportFromADriverThatIsNotThereSaysWhatToLoad()
    {
        byte[] image = MsvcImage.Build();
        PeBuilder.Text(image.AsSpan(InitOffset(image) + 0x170), 0, "classpnp.sys\0");

        NativeDriver driver = _machine.Load(image);

        Assert.Contains(new MissingImport("classpnp.sys", "#17", IsModuleAbsent: true), driver.MissingImports);
    }

    [Fact]
    public void DriverEntryGetsDriverObjectAndRegistryPath()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build(), "folder/hand.sys");
        string? path = null;
        _machine.Processor.Code = (entry, a0, a1) =>
        {
            Assert.Equal(driver.Module.Base + MsvcImage.InitRva, entry);
            Assert.Equal((ulong)driver.Object, a0);
            path = Text(*(UNICODE_STRING*)a1);
            return 0;
        };

        Assert.Equal(STATUS_SUCCESS, _machine.Initialize(driver));

        Assert.Equal(@"\Registry\Machine\System\CurrentControlSet\Services\hand", path);
    }

    [Fact]
    public void DispatchTableIsFilledBeforeDriverEntryRuns()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build());
        bool isFilled = false;
        _machine.Processor.Code = (_, _, _) =>
        {
            isFilled = !driver.Object->MajorFunction[IRP_MJ_POWER].IsNull;
            return 0;
        };

        _machine.Initialize(driver);

        Assert.True(isFilled);
    }

    [Fact]
    public void SecondDriverOfTheSameNameIsRefused()
    {
        _machine.Initialize(_machine.Load(MsvcImage.Build(), "hand.sys"));
        NativeDriver second = _machine.Load(MsvcImage.Build(), "other/hand.sys");

        Assert.Equal(STATUS_OBJECT_NAME_COLLISION, _machine.Initialize(second));
    }

    [Fact]
    public void RegistryPathLeadsToAServiceKey()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build(), "hand.sys");

        _machine.Initialize(driver);

        RegistryKey? key = _machine.Kernel.Registry.Find(@"\Registry\Machine\System\CurrentControlSet\Services\hand");
        Assert.Equal(@"system32\drivers\hand.sys", key?.FindString("ImagePath"));
    }

    [Fact]
    public void RegistryPathIsGoneAfterDriverEntry()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build());
        ulong path = 0;
        _machine.Processor.Code = (_, _, a1) => (path = a1) & 0;

        _machine.Initialize(driver);

        Assert.Equal(PageAccess.None, _machine.Memory.AccessOf(path));
    }

    [Fact]
    public void DriverObjectDescribesDriverAndImage()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build(), "hand.sys");
        DRIVER_OBJECT* o = driver.Object;

        Assert.Equal(IO_TYPE_DRIVER, o->Type);
        Assert.Equal(0x150, o->Size);
        Assert.Equal(@"\Driver\hand", Text(o->DriverName));
        Assert.Equal(driver.Module.Base, (ulong)o->DriverStart);
        Assert.Equal(driver.Module.Image.SizeOfImage, o->DriverSize);
        Assert.True(o->DriverExtension->DriverObject == o);
        Assert.Equal("hand", Text(o->DriverExtension->ServiceKeyName));
        var entry = (LDR_DATA_TABLE_ENTRY*)o->DriverSection;
        Assert.Equal("hand.sys", Text(entry->BaseDllName));
        Assert.Equal(driver.Module.Base, (ulong)entry->DllBase);
    }

    [Fact]
    public void LoaderEntryHasWindowsLayout()
    {
        LDR_DATA_TABLE_ENTRY entry = default;

        Assert.Equal(0xA0, sizeof(LDR_DATA_TABLE_ENTRY));
        Assert.Equal(0x30, Offset(&entry, &entry.DllBase));
        Assert.Equal(0x48, Offset(&entry, &entry.FullDllName));
        Assert.Equal(0x68, Offset(&entry, &entry.Flags));
        Assert.Equal(0x78, Offset(&entry, &entry.CheckSum));
        Assert.Equal(0x98, Offset(&entry, &entry.SizeOfImageNotRounded));
    }

    [Fact]
    public void DiscardableSectionsAreUnmappedOnceTheDriverIsInitialized()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build());

        _machine.Initialize(driver);

        Assert.Equal(PageAccess.None, Access(driver, MsvcImage.InitRva));
        Assert.Equal(PageAccess.ReadExecute, Access(driver, MsvcImage.PageRva));
    }

    [Fact]
    public void FailedDriverEntryKeepsItsStatusAndItsPages()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build());
        _machine.Processor.Code = (_, _, _) => (uint)STATUS_INSUFFICIENT_RESOURCES.Value;

        Assert.Equal(STATUS_INSUFFICIENT_RESOURCES, _machine.Initialize(driver));

        Assert.Equal(PageAccess.All, Access(driver, MsvcImage.InitRva));
    }

    [Fact]
    public void UnloadCallsDriverUnloadAndGivesEveryPageBack()
    {
        int before = _machine.Run(() => _machine.Kernel.Pages.FreePages);
        NativeDriver driver = _machine.Load(MsvcImage.Build());
        driver.Object->DriverUnload = new DriverRoutine(driver.Module.Base + MsvcImage.TextRva);
        _machine.Initialize(driver);
        ulong called = 0;
        _machine.Processor.Code = (entry, _, _) => called = entry;

        Assert.Equal(STATUS_SUCCESS, _machine.Run(driver.Unload));

        Assert.Equal(driver.Module.Base + MsvcImage.TextRva, called);
        Assert.Equal(before, _machine.Kernel.Pages.FreePages);
        Assert.Null(_machine.Kernel.Modules.Find(driver.Module.Base));
    }

    [Fact]
    public void DriverWithoutUnloadRoutineStays()
    {
        NativeDriver driver = _machine.Load(MsvcImage.Build());
        _machine.Initialize(driver);

        Assert.Equal(STATUS_INVALID_DEVICE_REQUEST, _machine.Run(driver.Unload));

        Assert.Same(driver.Module, _machine.Kernel.Modules.Find(driver.Module.Base));
    }

    [Fact]
    public void AddressesInTheImageAreDescribedWithDriverAndSymbol()
    {
        NativeDriver driver = _machine.Load(MingwImage.Exe, "edu.sys");
        ulong entry = driver.Module.Base + driver.Module.Image.EntryRva;

        Assert.Equal($"edu.sys+0x{driver.Module.Image.EntryRva + 4:x} (DriverEntry+0x4)",
            _machine.Kernel.Modules.Describe(entry + 4));
    }

    [Fact]
    public void ManagedDriverFillsTheSameDriverObjectAndIsCalledByAddress()
    {
        var twin = new TwinDriver();
        LoadedManagedDriver driver = _machine.Loader.Load(twin);

        Assert.Equal(STATUS_SUCCESS, _machine.Initialize(driver));
        ulong result = _machine.Run(() =>
            Processor.Current.Call(driver.Object->MajorFunction[IRP_MJ_READ], 0x10, 0x20));

        Assert.Equal("twin", driver.Name);
        Assert.Equal(@"\Registry\Machine\System\CurrentControlSet\Services\twin", twin.Path);
        Assert.Equal(STATUS_PENDING, new NTSTATUS((uint)result));
        Assert.Equal((0x10ul, 0x20ul), twin.LastRead);
    }

    [Fact]
    public void ExceptionInAManagedDriverIsABugCheck()
    {
        LoadedManagedDriver driver = _machine.Loader.Load(new TwinDriver { Throws = true });
        _machine.Initialize(driver);

        var stopped = Assert.Throws<BugCheckException>(
            () => _machine.Run(() => Processor.Current.Call(driver.Object->MajorFunction[IRP_MJ_READ], 0, 0)));

        Assert.Contains("TwinDriver.OnRead threw InvalidOperationException: broken", stopped.Report.Reason,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "TwinDriver.OnRead, DriverLoaderTests.cs line ", stopped.Report.ManagedStack[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x12_3456_7000, 0x12_3456_7000)]
    [InlineData(0xFFFF_8000_0000_1000, 0xFFFF_8000_0000_1000)]
    [InlineData(0xDEAD_BEEF_F008, 0)] // Not canonical: no processor says which one it was.
    [InlineData(8, 0)]
    public void WildPointerInAManagedDriverIsABugCheck(ulong pointer, ulong reported)
    {
        LoadedManagedDriver driver = _machine.Loader.Load(new TwinDriver { Wild = pointer });
        _machine.Initialize(driver);

        var stopped = Assert.Throws<BugCheckException>(
            () => _machine.Run(() => Processor.Current.Call(driver.Object->MajorFunction[IRP_MJ_READ], 0, 0)));

        Assert.Equal(BugCheckCodes.KMODE_EXCEPTION_NOT_HANDLED, stopped.Report.Code);
        Assert.Equal(reported, stopped.Report.Parameter4);
        if (reported != 0)
            Assert.Contains($"TwinDriver.OnRead used 0x{pointer:x}", stopped.Report.Reason, StringComparison.Ordinal);
        Assert.StartsWith(
            "TwinDriver.OnRead, DriverLoaderTests.cs line ", stopped.Report.ManagedStack[0], StringComparison.Ordinal);
    }

    [Fact]
    public void BugCheckInAManagedDriverPointsAtItsLine()
    {
        LoadedManagedDriver driver = _machine.Loader.Load(new TwinDriver { Stops = true });
        _machine.Initialize(driver);

        var stopped = Assert.Throws<BugCheckException>(
            () => _machine.Run(() => Processor.Current.Call(driver.Object->MajorFunction[IRP_MJ_READ], 0, 0)));

        Assert.StartsWith(
            "TwinDriver.OnRead, DriverLoaderTests.cs line ", stopped.Report.ManagedStack[0], StringComparison.Ordinal);
    }

    [Fact]
    public void UnloadedManagedDriverGivesItsRoutinesBack()
    {
        LoadedManagedDriver driver = _machine.Loader.Load(new TwinDriver());
        _machine.Initialize(driver);
        DriverRoutine first = driver.Object->MajorFunction[IRP_MJ_READ];

        Assert.Equal(STATUS_SUCCESS, _machine.Run(driver.Unload));
        LoadedManagedDriver again = _machine.Loader.Load(new TwinDriver());
        _machine.Initialize(again);

        Assert.Contains(first,
            new[] { again.Object->MajorFunction[IRP_MJ_READ], again.Object->DriverUnload, again.Object->DriverInit });
    }

    private static int InitOffset(byte[] image) => new PatchedImage(image).Place("raw.INIT");

    private static ulong Read(NativeDriver driver, uint rva) => *(ulong*)(driver.Module.Base + rva);

    private PageAccess Access(NativeDriver driver, uint rva) => _machine.Memory.AccessOf(driver.Module.Base + rva);

    private static string Text(UNICODE_STRING value) => new(value.Buffer, 0, value.Length / sizeof(char));

    private static long Offset(void* start, void* field) => (byte*)field - (byte*)start;

    private sealed class TwinDriver : ManagedDriver
    {
        public string? Path { get; private set; }

        public (ulong, ulong) LastRead { get; private set; }

        public bool Throws { get; init; }

        public bool Stops { get; init; }

        public ulong Wild { get; init; }

        protected internal override NTSTATUS DriverEntry(DRIVER_OBJECT* driverObject, UNICODE_STRING* registryPath)
        {
            Path = Text(*registryPath);
            driverObject->MajorFunction[IRP_MJ_READ] = Dispatch(OnRead);
            driverObject->DriverUnload = Unload(_ => { });
            return STATUS_SUCCESS;
        }

        private NTSTATUS OnRead(DEVICE_OBJECT* deviceObject, IRP* irp)
        {
            if (Throws)
                throw new InvalidOperationException("broken");
            if (Wild != 0)
                *(int*)Wild = 1;
            if (Stops)
                Ntoskrnl.KeBugCheck(BugCheckCodes.MANUALLY_INITIATED_CRASH);
            LastRead = ((ulong)deviceObject, (ulong)irp);
            return STATUS_PENDING;
        }
    }
}
