using System.Globalization;
using Hil.Host;
using Hil.Kernel;
using Hil.Trace;
using Hil.Wdm;

namespace Hil.Cli.Output;

/// <summary>What a replay came to, in words.</summary>
internal static class ReplayText
{
    private const int RecordsBefore = 20;

    public static void Write(TextWriter writer, TraceReplay replay, ReplayResult result)
    {
        foreach (string warning in result.Warnings)
            writer.WriteLine($"warning: {warning}");
        if (result.Divergence is { } divergence)
            WriteDivergence(writer, replay, divergence);
        if (result.BugCheck is { } bugCheck && result.IsSame)
            writer.WriteLine($"the run ends in {BugCheckCodes.Name(bugCheck.Code)}, as it did: {bugCheck.Reason}");
        writer.WriteLine(Text(
            $"{result.Records} records, {result.Replayed.TotalMilliseconds:0} ms ({result.Captured.TotalMilliseconds:0} ms when captured)"));
        writer.WriteLine(result.IsSame ? "the same run" : "not the same run");
    }

    private static void WriteDivergence(TextWriter writer, TraceReplay replay, TraceDivergence divergence)
    {
        NtKernel? kernel = replay.Session?.Kernel;
        writer.WriteLine();
        writer.WriteLine(divergence.Sequence == null
            ? "*** the run goes on after the end of the trace"
            : Text($"*** the run left the trace at record {divergence.Sequence}"));
        writer.WriteLine();
        writer.WriteLine($"  expected     {divergence.Expected}");
        writer.WriteLine($"  actual       {divergence.Actual}");
        writer.WriteLine(Text($"  IRP          {(divergence.Irp == 0 ? "none" : divergence.Irp)}"));
        writer.WriteLine($"  IRQL         {divergence.Irql}");
        if (kernel != null && divergence.Rip != 0)
            WritePlace(writer, kernel, divergence);
        writer.WriteLine();
        writer.WriteLine("  records before");
        foreach (string record in replay.Describe(divergence.Before.TakeLast(RecordsBefore)))
            writer.WriteLine("    " + record);
        writer.WriteLine();
    }

    private static void WritePlace(TextWriter writer, NtKernel kernel, TraceDivergence divergence)
    {
        writer.WriteLine($"  at           {kernel.Modules.Describe(divergence.Rip)}");
        writer.WriteLine();
        foreach (string line in Disassembly.Around(kernel, divergence.Rip, isReturnAddress: true))
            writer.WriteLine("  " + line);
        if (divergence.StackTrace.Count == 0)
            return;
        writer.WriteLine();
        writer.WriteLine("  stack");
        foreach (ulong address in divergence.StackTrace)
            writer.WriteLine("    " + kernel.Modules.Describe(address));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
