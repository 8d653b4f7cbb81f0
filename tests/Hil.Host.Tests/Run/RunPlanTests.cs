using Hil.Host.Tests.Yaml;
using Hil.Kernel;

namespace Hil.Host.Tests.Run;

public sealed class RunPlanTests : IDisposable
{
    private readonly SampleFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OptionsTakeThePlaceOfTheFile()
    {
        Write("driver: {sources: [a.c]}\ndevice: {qemu: edu, match: 1234:11e8, interrupts: msi}\n"
            + "machine: {memory: 128M, watchdog: 3 s}");

        RunPlan plan = RunPlan.Read(new RunOptions
        {
            Target = _folder.Path,
            Devices = ["e1000"],
            Watchdog = TimeSpan.FromSeconds(1),
            Interrupts = InterruptPreference.Line,
        });

        Assert.Equal(["e1000"], plan.Machine.Devices);
        Assert.Null(plan.Match);
        Assert.Equal(TimeSpan.FromSeconds(1), plan.Machine.Cpu.Watchdog);
        Assert.Equal(128UL << 20, plan.Machine.MemoryBytes);
        Assert.Equal(InterruptPreference.Line, plan.Interrupts);
    }

    [Fact]
    public void WorkloadOfAnotherFileTakesThePlaceOfTheFolders()
    {
        Write("driver: {sources: [a.c]}\nworkload:\n  - open: device\n  - close: file");
        string other = Path.Combine(_folder.Path, "other.yaml");
        File.WriteAllText(other, "workload:\n  - open: device\n");

        RunPlan plan = RunPlan.Read(new RunOptions { Target = _folder.Path, WorkloadPath = other });

        Assert.Single(plan.Workload);
        Assert.Equal(other, plan.WorkloadPath);
    }

    [Fact]
    public void ManagedNeedsTheNameOfTheTwin()
    {
        Write("driver: {sources: [a.c]}");

        Assert.Throws<RunInputException>(() =>
            RunPlan.Read(new RunOptions { Target = _folder.Path, IsManaged = true }));
    }

    [Fact]
    public void FolderWithoutAFileIsRefused()
    {
        var error = Assert.Throws<HilYamlException>(() => RunPlan.Read(new RunOptions { Target = _folder.Path }));

        Assert.Contains("no such file", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, null, null, "--repeat")]
    [InlineData(1, 65UL << 20, null, "--memory")]
    [InlineData(1, 1UL << 20, null, "--memory")]
    [InlineData(1, null, 0.0, "--watchdog")]
    public void OptionsThatNoFileCanMakeRightAreRefused(int repeat, ulong? memory, double? watchdog, string named)
    {
        var result = new RunOptionsValidator().Validate(null, new RunOptions
        {
            Target = "x",
            Repeat = repeat,
            MemoryBytes = memory,
            Watchdog = watchdog is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        });

        Assert.True(result.Failed);
        Assert.Contains(named, result.FailureMessage, StringComparison.Ordinal);
    }

    private void Write(string text) => File.WriteAllText(_folder.FilePath, text);
}
