namespace Hil.Machine.Tests.Monitor;

public sealed class FirmwareImageTests
{
    [Fact]
    public void TheCommittedRomIsWhatTheSourcesBuild() => Compare("hil-monitor.rom", MonitorRom.Build());

    [Fact]
    public void TheCommittedRoutinesAreWhatTheSourcesBuild() =>
        Compare("hil-routines.bin", GuestRoutineCode.Build().Write());

    [Fact]
    public void TwoBuildsAreEqual() => Assert.Equal(MonitorRom.Build(), MonitorRom.Build());

    [Fact]
    public void RoutinesAreReadAsTheyWereWritten()
    {
        GuestRoutineImage written = GuestRoutineCode.Build();

        GuestRoutineImage read = GuestRoutineImage.Read(written.Write());

        Assert.Equal(written.Routines, read.Routines);
        Assert.Equal(written.HostSlots, read.HostSlots);
        Assert.Equal(written.Code, read.Code);
    }

    private static void Compare(string file, byte[] built)
    {
        string source = Path.Combine(RepositoryRoot(), "firmware-images", file);
        if (Environment.GetEnvironmentVariable("HIL_WRITE_ROM") == "1")
            File.WriteAllBytes(source, built);

        Assert.True(built.AsSpan().SequenceEqual(File.ReadAllBytes(source)),
            $"firmware-images/{file} is out of date: see firmware-images/README.md");
    }

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "Hil.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests run inside the repository");
    }
}
