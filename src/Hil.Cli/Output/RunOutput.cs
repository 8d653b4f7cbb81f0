using Hil.Host;
using Hil.Kernel;

namespace Hil.Cli.Output;

/// <summary>What the ways of showing a run have in common: one writer at a time.</summary>
internal abstract class RunOutput : IRunOutput, IDisposable
{
    protected Lock Gate { get; } = new();

    /// <summary>What the command is to exit with: a run that did not begin, unless it is set.</summary>
    public int ExitsWith { get; set; } = ExitCode.Environment;

    public abstract void Compiler(string line);

    public abstract void Note(string text);

    public abstract void Warn(string text);

    public abstract void Round(int round, int rounds);

    public abstract void Step(StepOutcome outcome, string path);

    public abstract void BugCheck(BugCheckReport report, NtKernel kernel);

    public abstract void TripleFault(NtKernel kernel);

    public abstract void Fault(string message);

    public abstract void End(RunSummary summary);

    public abstract void Timing(long driverEntry);

    public abstract void OnEvent(in KernelEvent kernelEvent);

    public virtual void Dispose()
    {
    }
}
