using System.Globalization;
using Hil.Host;

namespace Hil.Cli.Output;

/// <summary>The summary of a run in words.</summary>
internal static class SummaryText
{
    public static IEnumerable<(string Name, string Value)> Rows(RunSummary summary)
    {
        EventCounts events = summary.Events;
        yield return ("driver", summary.Driver + (summary.IsManaged ? " (managed)" : ""));
        if (summary.Rounds != 0)
            yield return ("steps", Text($"{summary.Steps - summary.Failed} of {summary.Steps} as expected"));
        if (summary.Rounds > 1)
            yield return ("workloads", Text($"{summary.Rounds}"));
        yield return ("requests", Text($"{summary.Requests}, {summary.Cancelled} of them cancelled"));
        yield return ("IRPs", Text($"{events.Irps}"));
        yield return ("interrupts", Text($"{events.Interrupts}"));
        yield return ("DPCs", Text($"{events.Dpcs}"));
        yield return ("kernel calls", Text($"{events.KernelCalls}"));
        yield return ("register accesses", summary.RegistersAreCounted
            ? Text($"{events.Registers}")
            : "direct, not counted");
        yield return ("warnings", Text($"{summary.Warnings}"));
        yield return ("time", Text($"{summary.Time.TotalSeconds:0.000} s"));
        if (summary.Trace is { } trace)
        {
            yield return ("trace", trace.ToString());
            foreach (string reason in trace.NotExact)
                yield return ("not exact", reason);
        }
        foreach (string problem in summary.Problems)
            yield return ("problem", problem);
    }

    public static string Verdict(RunSummary summary) => summary.ExitCode switch
    {
        ExitCode.Success => "all expectations met",
        ExitCode.Failed when summary.Failed != 0 => Text($"{summary.Failed} of {summary.Steps} steps failed"),
        ExitCode.Failed => summary.Problems.FirstOrDefault() ?? "an expectation was not met",
        ExitCode.Environment when summary.Trace?.Writer.Failure != null && summary.Problems is [.., var incomplete] =>
            incomplete,
        ExitCode.BugCheck => "the driver stopped the machine",
        ExitCode.Internal => "Hil failed",
        _ => "the run could not be finished",
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
