using System.Diagnostics;
using System.Globalization;
using Hil.Host;
using Hil.Kernel;

namespace Hil.Cli.Output;

/// <summary>Lines whose form is the same in every run: for files, pipes, and people who read them.</summary>
internal class PlainOutput(TextWriter writer, bool isVerbose) : RunOutput
{
    private const int TextColumns = 44;
    private const int ResultColumns = 34;

    private readonly long _began = Stopwatch.GetTimestamp();

    public override void Compiler(string line) => Write(Kind.Compiler, line);

    public override void Note(string text) => Write(Kind.Note, text);

    public override void Warn(string text) => Write(Kind.Warning, text);

    public override void Round(int round, int rounds)
    {
        if (rounds > 1)
            Write(Kind.Note, Text($"workload {round} of {rounds}"));
    }

    public override void Step(StepOutcome outcome, string path)
    {
        string left =
            Text($"{outcome.Number,3}  {Cut(outcome.Step.Description, TextColumns - 6).PadRight(TextColumns - 6)}");
        if (outcome.Failure != null)
        {
            Write(Kind.Failure, Text($"{left} {outcome.Failure.Text}  {path}:{outcome.Failure.Line}"));
            return;
        }
        string events = Text(
            $"irps {outcome.Events.Irps}  interrupts {outcome.Events.Interrupts}  dpcs {outcome.Events.Dpcs}");
        if (outcome.Events.Registers != 0)
            events += Text($"  registers {outcome.Events.Registers}");
        Write(Kind.Step, Text(
            $"{left} {outcome.Result.PadRight(ResultColumns)} {Milliseconds(outcome.Time),12}  {events}"));
    }

    public override void BugCheck(BugCheckReport report, NtKernel kernel)
    {
        lock (Gate)
        {
            BugCheckText.Write(writer, report, kernel);
            writer.Flush();
        }
    }

    public override void TripleFault(NtKernel kernel)
    {
        lock (Gate)
        {
            BugCheckText.WriteTripleFault(writer, kernel);
            writer.Flush();
        }
    }

    public override void Fault(string message)
    {
        lock (Gate)
        {
            writer.Flush();
            Console.Error.WriteLine("hil: " + message);
        }
    }

    public override void End(RunSummary summary)
    {
        lock (Gate)
        {
            WriteSummary(summary);
            writer.Flush();
        }
    }

    public override void Timing(long driverEntry)
    {
        lock (Gate)
        {
            writer.WriteLine(Text($"driver-entry-at {driverEntry}"));
            writer.Flush();
        }
    }

    public override void OnEvent(in KernelEvent kernelEvent)
    {
        switch (kernelEvent.Kind)
        {
            case KernelEventKind.Driver:
                Write(EventText.IsWarning(kernelEvent) ? Kind.Warning : Kind.Note, kernelEvent.Text!);
                break;
            case KernelEventKind.Pnp when isVerbose || EventText.IsMilestone(kernelEvent):
                Write(Kind.Pnp, EventText.OfPnp(kernelEvent));
                break;
            case KernelEventKind.DebugPrint:
                Write(Kind.Debug, kernelEvent.Text!.TrimEnd('\r', '\n'));
                break;
            case KernelEventKind.Violation or KernelEventKind.InterruptStorm or KernelEventKind.ErrorLog:
                Write(Kind.Warning, EventText.Of(kernelEvent, NtKernel.Current.Modules));
                break;
            case KernelEventKind.InterruptUnclaimed or KernelEventKind.IsrLeave or KernelEventKind.IrpCancel
                when isVerbose:
                Write(Kind.Event, EventText.Of(kernelEvent));
                break;
        }
    }

    protected enum Kind
    {
        Note,
        Compiler,
        Pnp,
        Step,
        Failure,
        Warning,
        Debug,
        Event,
    }

    protected TextWriter Writer => writer;

    /// <summary>One line, inside the gate.</summary>
    protected virtual void WriteLine(Kind kind, string time, string label, string text) =>
        writer.WriteLine($"{time} {label,-8} {text}");

    protected virtual void WriteSummary(RunSummary summary)
    {
        writer.WriteLine();
        foreach ((string name, string value) in SummaryText.Rows(summary))
            writer.WriteLine($"  {name,-20} {value}");
        writer.WriteLine();
        writer.WriteLine(SummaryText.Verdict(summary));
    }

    protected static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Milliseconds(TimeSpan time) => Text($"{time.TotalMilliseconds:0.000} ms");

    private static string Cut(string text, int columns) =>
        text.Length <= columns ? text : text[..(columns - 1)] + "…";

    private void Write(Kind kind, string text)
    {
        string time = Text($"{Stopwatch.GetElapsedTime(_began).TotalSeconds,8:0.000}");
        lock (Gate)
        {
            WriteLine(kind, time, LabelOf(kind), text);
            writer.Flush();
        }
    }

    private static string LabelOf(Kind kind) => kind switch
    {
        Kind.Compiler => "compiler",
        Kind.Pnp => "pnp",
        Kind.Step => "ok",
        Kind.Failure => "FAILED",
        Kind.Warning => "warning",
        Kind.Debug => "debug",
        Kind.Event => "event",
        _ => "driver",
    };
}
