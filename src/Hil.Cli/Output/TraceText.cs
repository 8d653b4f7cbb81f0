using System.Globalization;
using Hil.Trace;

namespace Hil.Cli.Output;

/// <summary>Records of a trace as lines: time, IRQL, IRP, and the record indented by what is around it.</summary>
internal static class TraceText
{
    private const int DepthShownMax = 16;

    /// <summary>The way to write that suits where stdout goes.</summary>
    public static Action<TraceShow, TextWriter> Choose()
    {
        return RunOutputs.HasColors
            ? static (show, output) => WriteColored(output, show.Line)
            : static (show, output) => WritePlain(output, show.Line);
    }

    public static void WritePlain(TextWriter output, in TraceLine line)
    {
        WriteTime(output, line.Time);
        output.Write(string.Create(CultureInfo.InvariantCulture, $" ms {line.Irql,2} {Irp(line),8}  "));
        output.Write(Indent(line));
        output.WriteLine(line.Text);
    }

    private static void WriteColored(TextWriter output, in TraceLine line)
    {
        output.Write("\e[90m");
        WriteTime(output, line.Time);
        output.Write(string.Create(
            CultureInfo.InvariantCulture, $" ms\e[0m {line.Irql,2} \e[35m{Irp(line),8}\e[0m  {Indent(line)}"));
        output.WriteLine($"\e[{ColorOf(line.Kind)}m{line.Text}\e[0m");
    }

    private static void WriteTime(TextWriter output, long time) =>
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{time / 10_000.0,12:0.0000}"));

    private static string Irp(in TraceLine line) => line.Irp == 0 ? "" : $"irp {line.Irp}";

    private static string Indent(in TraceLine line) => new(' ', 2 * Math.Min(line.Depth, DepthShownMax));

    private static string ColorOf(TraceKind kind) => kind switch
    {
        TraceKind.Violation or TraceKind.BugCheck or TraceKind.Fault => "1;31",
        TraceKind.Storm or TraceKind.Unclaimed => "1;31",
        TraceKind.Write or TraceKind.WriteBlock => "33",
        TraceKind.Read or TraceKind.ReadBlock or TraceKind.Dma => "36",
        >= TraceKind.IrpCreate and <= TraceKind.IrpCancel => "32",
        >= TraceKind.IsrEnter and <= TraceKind.DpcLeave => "1;34",
        TraceKind.Call or TraceKind.Return => "0",
        _ => "90",
    };
}
