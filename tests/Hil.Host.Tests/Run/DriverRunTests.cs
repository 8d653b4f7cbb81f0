using Hil.Host.Tests.Yaml;
using Hil.Kernel;
using Hil.Kernel.Platform;

namespace Hil.Host.Tests.Run;

public sealed class DriverRunTests : IDisposable
{
    private readonly SampleFolder _folder = new();
    private readonly FaultList _output = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, ExitCode.Environment)]
    [InlineData(true, ExitCode.BugCheck)]
    public async Task MachineLostBeforeItsDriverIsLoadedIsOneLine(bool isTripleFault, int expected)
    {
        var loss = new MachineLostException("QEMU ended (signal 9).", isTripleFault);
        var run = new DriverRun(Plan(), Task.FromException<DriverSession>(loss), new EventCounter(), _output);

        Assert.Equal(expected, await run.RunAsync(TestContext.Current.CancellationToken));

        Assert.Equal(["QEMU ended (signal 9)."], _output.Faults);
    }

    [Fact]
    public async Task RunThatIsEndedDoesNotWaitForItsDriver()
    {
        using var cancellation = new CancellationTokenSource();
        var never = new TaskCompletionSource<DriverSession>();
        var run = new DriverRun(Plan(), never.Task, new EventCounter(), _output);
        Task<int> running = run.RunAsync(cancellation.Token);

        await cancellation.CancelAsync();

        Assert.Equal(ExitCode.Interrupted, await running.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private RunPlan Plan()
    {
        File.WriteAllText(_folder.FilePath, "driver: {sources: [a.c]}");
        return RunPlan.Read(new RunOptions { Target = _folder.Path });
    }

    /// <summary>An output that shows nothing and remembers faults.</summary>
    private sealed class FaultList : IRunOutput
    {
        public List<string> Faults { get; } = [];

        public void Fault(string message) => Faults.Add(message);

        public void OnEvent(in KernelEvent kernelEvent)
        {
        }

        public void Compiler(string line)
        {
        }

        public void Note(string text)
        {
        }

        public void Warn(string text)
        {
        }

        public void Round(int round, int rounds)
        {
        }

        public void Step(StepOutcome outcome, string path)
        {
        }

        public void BugCheck(BugCheckReport report, NtKernel kernel)
        {
        }

        public void TripleFault(NtKernel kernel)
        {
        }

        public void End(RunSummary summary)
        {
        }

        public void Timing(long driverEntry)
        {
        }
    }
}
