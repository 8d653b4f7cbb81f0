using System.Globalization;
using Hil.Host;
using Hil.Kernel;
using Hil.Trace;
using Hil.Wdm;

namespace Hil.Cli.Output;

/// <summary>What a replay came to, in words.</summary>
internal static class ReplayText
{
    public static void Write(TextWriter writer, TraceReplay replay, ReplayResult result)
    {
        foreach (string warning in result.Warnings)
            writer.WriteLine($"warning: {warning}");
        if (!result.IsSame)
            writer.WriteLine();
        foreach (string line in DivergenceText.Lines(replay, result, Disassemble))
            writer.WriteLine(line);
        if (!result.IsSame)
            WriteEvents(writer, replay);
        else if (result.BugCheck is { } bugCheck)
            writer.WriteLine($"the run ends in {BugCheckCodes.Name(bugCheck.Code)}, as it did: {bugCheck.Reason}");
        string times = string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Replayed.TotalMilliseconds:0} ms, {result.Captured.TotalMilliseconds:0} ms when captured");
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Records} records, {times}"));
        writer.WriteLine(result.IsSame ? "the same run" : "not the same run");
    }

    private static void WriteEvents(TextWriter writer, TraceReplay replay)
    {
        const int EventsMax = 20;
        writer.WriteLine();
        if (replay.Session?.Kernel is not { } kernel)
            return;
        writer.WriteLine("  last events of this run");
        foreach (KernelEvent kernelEvent in kernel.Events.Last(EventsMax))
            writer.WriteLine("  " + EventText.Line(kernelEvent, kernel.Modules));
        writer.WriteLine();
    }

    private static IReadOnlyList<string> Disassemble(NtKernel kernel, TraceDivergence divergence) =>
        Disassembly.Around(kernel, divergence.Rip, isReturnAddress: divergence.IsInCall);
}
