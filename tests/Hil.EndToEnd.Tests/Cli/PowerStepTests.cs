namespace Hil.EndToEnd.Tests.Cli;

/// <summary>`power:` steps of a workload, with sleeper.c as the owner of its device's power policy.</summary>
public sealed class PowerStepTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hil-power-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ASleepWithARequestInItIsRunCapturedAndReplayed()
    {
        string trace = Path.Combine(_folder, "run.hiltrace");

        (int code, string output) = await RunAsync(
            Path.Combine(TestDrivers.Sources, "sleeper.yaml"), "--capture", trace);
        Assert.True(code == 0, output);
        (code, output) = await HilProcess.RunAsync("replay", trace);

        Assert.True(code == 0, output);
        (_, string records) = await HilProcess.RunAsync("trace", "show", trace, "--kind", "request");
        Assert.Contains("from above: Power 0x4", records, StringComparison.Ordinal);
        Assert.Contains("from above: Power 0x1", records, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AVetoThatIsNotExpectedFailsTheStep()
    {
        (int code, string output) = await RunAsync(Workload(
            @"- open: \\.\HilSleeper", "- ioctl: 0x22200c", "- power: sleep", "- power: resume"));

        Assert.True(code == 1, output);
        Assert.Contains("status STATUS_DEVICE_BUSY, expected STATUS_SUCCESS", output, StringComparison.Ordinal);
        Assert.Contains("the system does not sleep", output, StringComparison.Ordinal);
        Assert.Contains("2 of 4 steps failed", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("- pnp: remove", "the device gets no power requests: its state is Removed")]
    [InlineData("- pnp: stop", "the device gets no power requests: its state is Stopped")]
    [InlineData("- power: sleep", "the system sleeps already")]
    public async Task ASystemIsNotPutToSleep(string before, string words)
    {
        (int code, string output) = await RunAsync(Workload(before, "- power: sleep"));

        Assert.True(code == 1, output);
        Assert.Contains(words, output, StringComparison.Ordinal);
        Assert.Contains("1 of 2 steps failed", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AWorkloadThatEndsAsleepCanBeRepeated()
    {
        (int code, string output) = await RunAsync(Workload("- power: sleep"), "--repeat", "2");

        Assert.True(code == 0, output);
        Assert.Equal(2, output.Split("IRP_MN_SET_POWER S0").Length - 1);
    }

    [Fact]
    public async Task NoPnpStepIsTakenWhileTheSystemSleeps()
    {
        (int code, string output) = await RunAsync(Workload("- power: sleep", "- pnp: remove", "- power: resume"));

        Assert.True(code == 1, output);
        Assert.Contains("the system sleeps: nothing changes in its devices", output, StringComparison.Ordinal);
        Assert.Contains("1 of 3 steps failed", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADriverWithoutAPnpDeviceHasNoPowerSteps()
    {
        (int code, string output) = await HilProcess.RunAsync(
            "run", TestDrivers.Image("rtl"), "--workload", Workload("- power: sleep"));

        Assert.True(code == 1, output);
        Assert.Contains("the driver has no PnP device", output, StringComparison.Ordinal);
    }

    private static Task<(int ExitCode, string Output)> RunAsync(string workload, params string[] options) =>
        HilProcess.RunAsync(
            ["run", TestDrivers.Image("sleeper"), "--device", "edu", "--workload", workload, .. options]);

    private string Workload(params string[] steps)
    {
        string path = Path.Combine(_folder, "workload.yaml");
        File.WriteAllText(path, "workload:\n" + string.Concat(steps.Select(step => $"  {step}\n")));
        return path;
    }
}
