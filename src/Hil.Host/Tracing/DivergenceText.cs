using System.Globalization;
using Hil.Kernel;
using Hil.Trace;

namespace Hil.Host;

/// <summary>Where a replay left its trace, in words.</summary>
public static class DivergenceText
{
    private const int RecordsBefore = 20;

    /// <param name="disassembly">Lines of machine code around a divergence, or null.</param>
    public static IEnumerable<string> Lines(
        TraceReplay replay, ReplayResult result,
        Func<NtKernel, TraceDivergence, IEnumerable<string>>? disassembly = null)
    {
        if (result.Divergence is not { } divergence)
            yield break;
        yield return divergence.Sequence is { } sequence
            ? Text($"*** the run left the trace at record {sequence}")
            : "*** the run goes on after the end of the trace";
        yield return "";
        yield return $"  expected     {divergence.Expected}";
        yield return $"  actual       {divergence.Actual}";
        yield return Text($"  IRP          {(divergence.Irp == 0 ? "none" : divergence.Irp)}");
        yield return $"  IRQL         {divergence.Irql}";
        if (replay.Session?.Kernel is { } kernel)
        {
            foreach (string line in Place(kernel, divergence, disassembly))
                yield return line;
        }
        yield return "";
        yield return "  records before";
        foreach (string record in replay.Describe(divergence.Before.TakeLast(RecordsBefore)))
            yield return "    " + record;
    }

    private static IEnumerable<string> Place(
        NtKernel kernel, TraceDivergence divergence, Func<NtKernel, TraceDivergence, IEnumerable<string>>? disassembly)
    {
        var place = new PlaceText(
            kernel.Modules, divergence.ManagedStack, divergence.Rip, divergence.StackTrace, divergence.IsInCall);
        if (place.Last != null)
            yield return $"  at           {place.Last}";
        if (divergence.Rip != 0 && disassembly != null)
        {
            yield return "";
            foreach (string line in disassembly(kernel, divergence))
                yield return "  " + line;
        }
        foreach (string line in place.StackLines())
            yield return line;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
