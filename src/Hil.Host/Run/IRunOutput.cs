using Hil.Kernel;

namespace Hil.Host;

/// <summary>Shows a run as it goes. The methods are called on several threads, OnEvent on the kernel's.</summary>
public interface IRunOutput : IKernelObserver
{
    /// <summary>A line of the compiler.</summary>
    void Compiler(string line);

    /// <summary>A step of the driver's life that the host took.</summary>
    void Note(string text);

    void Warn(string text);

    /// <summary>A workload begins.</summary>
    /// <param name="round">From 1.</param>
    void Round(int round, int rounds);

    void Step(StepOutcome outcome, string path);

    /// <summary>The driver broke a rule. The kernel is still there to look into.</summary>
    void BugCheck(BugCheckReport report, NtKernel kernel);

    /// <summary>The driver brought the processor down.</summary>
    void TripleFault(NtKernel kernel);

    /// <summary>Why a run ended early, in one line or a few.</summary>
    void Fault(string message);

    void End(RunSummary summary);

    /// <summary>When DriverEntry was called, as Stopwatch.GetTimestamp has it, which is the same clock in every
    /// process; 0 if it was not reached.</summary>
    void Timing(long driverEntry);
}
