namespace Hil.Kernel;

/// <summary>Why the machine stopped, with what was known at that moment.</summary>
public sealed record BugCheckReport
{
    /// <summary>Windows' bug check code, see BugCheckCodes.</summary>
    public required uint Code { get; init; }

    public required ulong Parameter1 { get; init; }

    public required ulong Parameter2 { get; init; }

    public required ulong Parameter3 { get; init; }

    public required ulong Parameter4 { get; init; }

    /// <summary>One sentence: what the driver did.</summary>
    public required string Reason { get; init; }

    public required KIRQL Irql { get; init; }

    /// <summary>Driver code that ran last: the faulting instruction or the return address of the kernel call; 0
    /// if none did.</summary>
    public required ulong Rip { get; init; }

    /// <summary>The export that driver code was inside, or null.</summary>
    public string? Export { get; init; }

    /// <summary>Registers of the faulting code, or null for a bug check raised by a kernel call.</summary>
    public TrapFrame? Registers { get; init; }

    /// <summary>Return addresses on the driver's stack, innermost first.</summary>
    public IReadOnlyList<ulong> StackTrace { get; init; } = [];

    /// <summary>Methods and source lines of a managed driver that were running, innermost first; empty when native code
    /// was.</summary>
    public IReadOnlyList<string> ManagedStack { get; init; } = [];

    /// <summary>IRP that was being worked on, or 0.</summary>
    public ulong CurrentIrp { get; init; }

    public required IReadOnlyList<KernelEvent> LastEvents { get; init; }
}
