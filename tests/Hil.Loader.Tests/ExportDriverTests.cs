namespace Hil.Loader.Tests;

public sealed class ExportDriverTests : IDisposable
{
    private readonly FakeMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void ExportsHaveNamesOrdinalsAndForwarders()
    {
        DriverImage library = DriverImage.Parse(LibraryImage.Build("other.Routine"), "lib.sys");

        Assert.Equal(
            [
                new DriverExport("LibOpen", 5, LibraryImage.TextRva + 0x10, null),
                new DriverExport(null, 6, LibraryImage.TextRva + 0x20, null),
                new DriverExport("LibElsewhere", 7, 0, "other.Routine"),
            ],
            library.Exports);
    }

    [Fact]
    public void ImportByOrdinalLeadsIntoTheLibrary()
    {
        NativeDriver library = _machine.Load(LibraryImage.Build("other.Routine"), "lib.sys");

        NativeDriver driver = _machine.Load(ImporterOf("lib.sys", name: null, ordinal: 6));

        Assert.Equal(library.Module.Base + LibraryImage.TextRva + 0x20, SlotOf(driver));
        Assert.Empty(MissingFrom(driver, "lib.sys"));
    }

    [Fact]
    public void ForwarderLeadsToTheKernelsGuestRoutine()
    {
        _machine.Processor.GuestRoutines["memcpy"] = 0x7777_1000;
        _machine.Load(LibraryImage.Build("ntoskrnl.memcpy"), "lib.sys");

        NativeDriver driver = _machine.Load(ImporterOf("lib.sys", "LibElsewhere", 0));

        Assert.Equal(0x7777_1000u, SlotOf(driver));
    }

    [Fact]
    public void ForwarderToItselfIsAMissingImport()
    {
        _machine.Load(LibraryImage.Build("lib.LibElsewhere"), "lib.sys");

        NativeDriver driver = _machine.Load(ImporterOf("lib.sys", "LibElsewhere", 0));

        Assert.Equal(["LibElsewhere"], MissingFrom(driver, "lib.sys"));
    }

    // The hand-made image's second module has one import: by ordinal, or by the name written over the first module's
    // first.
    private static byte[] ImporterOf(string module, string? name, ushort ordinal)
    {
        byte[] image = MsvcImage.Build();
        int init = new PatchedImage(image).Place("raw.INIT");
        PeBuilder.Text(image.AsSpan(init + 0x170), 0, module + "\0");
        if (name != null)
            PeBuilder.Text(image.AsSpan(init + 0x182), 0, name + "\0");
        PeBuilder.U64(image.AsSpan(init), 0xB0, name != null ? MsvcImage.InitRva + 0x180 : 1ul << 63 | ordinal);
        return image;
    }

    private static unsafe ulong SlotOf(NativeDriver driver) =>
        *(ulong*)(driver.Module.Base + MsvcImage.RdataRva + 0x20);

    private static IEnumerable<string> MissingFrom(NativeDriver driver, string module) =>
        driver.MissingImports.Where(m => m.Module == module).Select(m => m.Name);
}
