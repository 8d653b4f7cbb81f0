namespace Hil.Machine.Tests.Monitor;

public sealed class MonitorRomTests
{
    [Fact]
    public void TheCommittedImageIsWhatTheSourcesBuild()
    {
        byte[] built = MonitorRom.Build();
        string source = Path.Combine(RepositoryRoot(), "firmware-images", "hil-monitor.rom");
        if (Environment.GetEnvironmentVariable("HIL_WRITE_ROM") == "1")
            File.WriteAllBytes(source, built);

        Assert.True(built.AsSpan().SequenceEqual(File.ReadAllBytes(source)),
            "firmware-images/hil-monitor.rom is out of date: see firmware-images/README.md");
    }

    [Fact]
    public void TwoBuildsAreEqual() => Assert.Equal(MonitorRom.Build(), MonitorRom.Build());

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "Hil.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests run inside the repository");
    }
}
