using Hil.Host;
using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Wdm;

namespace Hil.Cli.Output;

/// <summary>The report of a bug check: what, where, and what came before.</summary>
internal static class BugCheckText
{
    private const int EventsMax = 20;

    public static void Write(TextWriter writer, BugCheckReport report, NtKernel kernel)
    {
        PlaceText place = Place(report, kernel);
        writer.WriteLine();
        writer.WriteLine($"*** {BugCheckCodes.Name(report.Code)} (0x{report.Code:X8})");
        writer.WriteLine($"    {report.Reason}");
        writer.WriteLine();
        writer.WriteLine($"  parameters   0x{report.Parameter1:x16} 0x{report.Parameter2:x16}");
        writer.WriteLine($"               0x{report.Parameter3:x16} 0x{report.Parameter4:x16}");
        writer.WriteLine($"  at           {place.Last ?? "no driver code was running"}");
        if (report.Export != null)
            writer.WriteLine($"  in call of   {report.Export}");
        writer.WriteLine($"  IRQL         {report.Irql}");
        writer.WriteLine($"  current IRP  {CurrentIrp(report, kernel)}");
        WriteRegisters(writer, report.Registers);
        WriteDisassembly(writer, report, kernel);
        foreach (string line in place.StackLines())
            writer.WriteLine(line);
        WriteEvents(writer, report.LastEvents, kernel);
    }

    /// <summary>The driver code that ran last, in words; null for none.</summary>
    public static string? PlaceOf(BugCheckReport report, NtKernel kernel) => Place(report, kernel).Last;

    /// <summary>What can be said about a processor that was reset: nobody was left to report.</summary>
    public static void WriteTripleFault(TextWriter writer, NtKernel kernel)
    {
        writer.WriteLine();
        writer.WriteLine("*** TRIPLE FAULT");
        writer.WriteLine("    the processor could not deliver an exception and was reset: "
            + "IDT, page tables or stack are wrecked");
        WriteEvents(writer, kernel.Events.Last(EventsMax), kernel);
    }

    private static PlaceText Place(BugCheckReport report, NtKernel kernel) => new(
        kernel.Modules, report.ManagedStack, report.Rip, report.StackTrace, isReturnAddress: report.Registers == null);

    private static string CurrentIrp(BugCheckReport report, NtKernel kernel)
    {
        if (report.CurrentIrp == 0)
            return "none";
        foreach (PendingIrp irp in kernel.Io.PendingIrps())
        {
            if (irp.Address == report.CurrentIrp)
                return $"{irp} (0x{irp.Address:x})";
        }
        return $"0x{report.CurrentIrp:x}";
    }

    private static void WriteRegisters(TextWriter writer, TrapFrame? frame)
    {
        if (frame is not { } r)
            return;
        writer.WriteLine();
        writer.WriteLine($"  rax={r.Rax:x16} rbx={r.Rbx:x16} rcx={r.Rcx:x16} rdx={r.Rdx:x16}");
        writer.WriteLine($"  rsi={r.Rsi:x16} rdi={r.Rdi:x16} rbp={r.Rbp:x16} rsp={r.Rsp:x16}");
        writer.WriteLine($"   r8={r.R8:x16}  r9={r.R9:x16} r10={r.R10:x16} r11={r.R11:x16}");
        writer.WriteLine($"  r12={r.R12:x16} r13={r.R13:x16} r14={r.R14:x16} r15={r.R15:x16}");
        writer.WriteLine(
            $"  rip={r.Rip:x16} cr2={r.Cr2:x16} efl={r.Rflags:x8} vector={r.Vector} error={r.ErrorCode:x}");
    }

    private static void WriteDisassembly(TextWriter writer, BugCheckReport report, NtKernel kernel)
    {
        IReadOnlyList<string> lines = Disassembly.Around(kernel, report.Rip, isReturnAddress: report.Registers == null);
        if (lines.Count == 0)
            return;
        writer.WriteLine();
        foreach (string line in lines)
            writer.WriteLine("  " + line);
    }

    private static void WriteEvents(TextWriter writer, IReadOnlyList<KernelEvent> events, NtKernel kernel)
    {
        writer.WriteLine();
        writer.WriteLine("  last events");
        for (int i = Math.Max(0, events.Count - EventsMax); i < events.Count; i++)
            writer.WriteLine("  " + EventText.Line(events[i], kernel.Modules));
    }
}
