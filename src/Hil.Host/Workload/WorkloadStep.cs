using System.Collections.Immutable;
using Hil.Wdm;

namespace Hil.Host;

/// <summary>One step of a workload. Immutable: rounds and copies share it.</summary>
public abstract record WorkloadStep
{
    /// <summary>Line in the file, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>What the user calls it, or null.</summary>
    public string? Note { get; init; }

    /// <summary>A step that takes longer fails.</summary>
    public TimeSpan Within { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What it does, in few words.</summary>
    public string Description => Note ?? Describe();

    private protected abstract string Describe();

    private protected static string Named(string? name) => name == null ? "" : $" as {name}";
}

/// <summary>Opens a file.</summary>
/// <param name="Target">Null for the device under test.</param>
public sealed record OpenStep(string? Target, string As, NTSTATUS Status) : WorkloadStep
{
    private protected override string Describe() => $"open {Target ?? "device"}{(As == "file" ? "" : Named(As))}";
}

public sealed record CloseStep(string File) : WorkloadStep
{
    private protected override string Describe() => $"close {File}";
}

public enum RequestKind
{
    Ioctl,
    InternalIoctl,
    Read,
    Write,
}

/// <summary>A read, write or control request.</summary>
public sealed record RequestStep(RequestKind Kind, string File) : WorkloadStep
{
    /// <summary>Control code.</summary>
    public uint Code { get; init; }

    /// <summary>Its name in <c>ioctls</c>, or the number.</summary>
    public string CodeName { get; init; } = "";

    /// <summary>What goes to the driver.</summary>
    public DataPattern Input { get; init; } = DataPattern.Empty;

    /// <summary>What must come back; the output buffer has its length.</summary>
    public DataPattern Output { get; init; } = DataPattern.Empty;

    public long Offset { get; init; }

    public NTSTATUS Status { get; init; }

    /// <summary>Expected IoStatus.Information; null for what the data say.</summary>
    public ulong? Length { get; init; }

    /// <summary>Name of the background request, or null.</summary>
    public string? As { get; init; }

    private protected override string Describe()
    {
        string text = Kind switch
        {
            RequestKind.Ioctl => $"ioctl {CodeName}",
            RequestKind.InternalIoctl => $"internal-ioctl {CodeName}",
            RequestKind.Read => $"read {Output.Length} @ {Offset}",
            _ => $"write {Input.Length} @ {Offset}",
        };
        return text + Named(As);
    }
}

/// <param name="Status">Takes the place of STATUS_CANCELLED.</param>
public sealed record CancelStep(string Request, NTSTATUS? Status) : WorkloadStep
{
    private protected override string Describe() => $"cancel {Request}";
}

/// <param name="Status">Takes the place of the request's own.</param>
public sealed record WaitStep(string Request, NTSTATUS? Status) : WorkloadStep
{
    private protected override string Describe() => $"wait {Request}";
}

public sealed record RepeatStep(ulong Count, ImmutableArray<WorkloadStep> Steps) : WorkloadStep
{
    private protected override string Describe() =>
        $"repeat {Count}: {string.Join(", ", Steps.Select(step => step.Description))}";
}

public sealed record ParallelStep(int Count, ImmutableArray<WorkloadStep> Steps) : WorkloadStep
{
    private protected override string Describe() =>
        $"parallel {Count}: {string.Join(", ", Steps.Select(step => step.Description))}";
}

public enum PnpAction
{
    Restart,
    Stop,
    Start,
    Remove,
    SurpriseRemove,
    CancelStop,
    CancelRemove,
}

public sealed record PnpStep(PnpAction Action, NTSTATUS Status) : WorkloadStep
{
    private protected override string Describe() => Action switch
    {
        PnpAction.SurpriseRemove => "pnp surprise-remove",
        PnpAction.CancelStop => "pnp cancel-stop",
        PnpAction.CancelRemove => "pnp cancel-remove",
        _ => $"pnp {Action.ToString().ToLowerInvariant()}",
    };
}

public enum PowerAction
{
    Sleep,
    Resume,
}

/// <summary>Takes the system to S3 or back to S0.</summary>
public sealed record PowerStep(PowerAction Action, NTSTATUS Status) : WorkloadStep
{
    private protected override string Describe() => Action == PowerAction.Sleep ? "power sleep" : "power resume";
}

/// <summary>Compares what has happened since the workload began; null is not compared.</summary>
public sealed record ExpectStep(
    CountRange? Interrupts, CountRange? Dpcs, CountRange? Irps, CountRange? Cancelled) : WorkloadStep
{
    private protected override string Describe() => "expect";
}
