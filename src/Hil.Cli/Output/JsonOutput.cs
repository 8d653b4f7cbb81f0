using System.Text;
using System.Text.Json;
using Hil.Host;
using Hil.Kernel;
using Hil.Wdm;

namespace Hil.Cli.Output;

/// <summary>One JSON object for the whole run, printed at its end.</summary>
internal sealed class JsonOutput : RunOutput
{
    private readonly TextWriter _target;
    private readonly MemoryStream _buffer = new();
    private readonly Utf8JsonWriter _json;
    private readonly List<string> _debugLines = [];
    private readonly List<string> _warnings = [];
    private readonly List<string> _log = [];
    private readonly List<string> _faults = [];
    private readonly List<(StepOutcome Outcome, int Round)> _steps = [];
    private int _round = 1;
    private (BugCheckReport Report, string Place)? _bugCheck;
    private long? _driverEntry;
    private RunSummary? _summary;

    public JsonOutput(TextWriter target)
    {
        _target = target;
        _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Indented = true });
    }

    public override void Compiler(string line) => Add(_log, line);

    public override void Note(string text) => Add(_log, text);

    public override void Warn(string text) => Add(_warnings, text);

    public override void Round(int round, int rounds) => _round = round;

    public override void Step(StepOutcome outcome, string path)
    {
        lock (Gate)
            _steps.Add((outcome, _round));
    }

    public override void BugCheck(BugCheckReport report, NtKernel kernel) =>
        _bugCheck = (report, BugCheckText.PlaceOf(report, kernel) ?? "");

    public override void TripleFault(NtKernel kernel) => Add(_log, "triple fault");

    public override void Fault(string message)
    {
        Add(_faults, message);
        Console.Error.WriteLine("hil: " + message);
    }

    public override void End(RunSummary summary) => _summary = summary;

    public override void Timing(long driverEntry) => _driverEntry = driverEntry;

    public override void OnEvent(in KernelEvent kernelEvent)
    {
        switch (kernelEvent.Kind)
        {
            case KernelEventKind.DebugPrint:
                Add(_debugLines, kernelEvent.Text!.TrimEnd('\r', '\n'));
                break;
            case KernelEventKind.Violation or KernelEventKind.InterruptStorm or KernelEventKind.ErrorLog:
                Add(_warnings, EventText.Of(kernelEvent, NtKernel.Current.Modules));
                break;
            case KernelEventKind.Driver when EventText.IsWarning(kernelEvent):
                Add(_warnings, kernelEvent.Text!);
                break;
            case KernelEventKind.Driver or KernelEventKind.Pnp:
                Add(_log, EventText.Of(kernelEvent));
                break;
        }
    }

    public override void Dispose()
    {
        lock (Gate)
        {
            _json.WriteStartObject();
            _json.WriteNumber("exitCode", ExitsWith);
            WriteSummary();
            WriteSteps();
            WriteBugCheck();
            if (_driverEntry is { } entry)
                _json.WriteNumber("driverEntryAt", entry);
            WriteTexts("debug", _debugLines);
            WriteTexts("warnings", _warnings);
            WriteTexts("log", _log);
            WriteTexts("faults", _faults);
            _json.WriteEndObject();
            _json.Flush();
        }
        _target.WriteLine(Encoding.UTF8.GetString(_buffer.ToArray()));
        _target.Flush();
        _json.Dispose();
    }

    private void Add(List<string> list, string text)
    {
        lock (Gate)
            list.Add(text);
    }

    private void WriteSummary()
    {
        if (_summary is not { } summary)
            return;
        _json.WriteString("driver", summary.Driver);
        _json.WriteBoolean("managed", summary.IsManaged);
        _json.WriteNumber("failedSteps", summary.Failed);
        _json.WriteNumber("requests", summary.Requests);
        _json.WriteNumber("cancelled", summary.Cancelled);
        WriteCounts(summary.Events);
        _json.WriteNumber("ms", summary.Time.TotalMilliseconds);
        WriteTexts("problems", summary.Problems);
        if (summary.Trace is { } trace)
            WriteTrace(trace);
    }

    private void WriteTrace(CaptureSummary trace)
    {
        _json.WriteStartObject("trace");
        _json.WriteString("file", trace.Path);
        _json.WriteNumber("records", trace.Writer.Records);
        _json.WriteNumber("bytes", trace.Writer.Bytes);
        _json.WriteNumber("waitedMs", trace.Writer.Waited.TotalMilliseconds);
        _json.WriteNumber("lost", trace.Writer.Lost);
        if (trace.Writer.Failure is { } failure)
            _json.WriteString("failure", failure.Message);
        _json.WriteBoolean("exact", trace.IsExact);
        WriteTexts("notExact", trace.NotExact);
        _json.WriteEndObject();
    }

    private void WriteCounts(EventCounts events)
    {
        _json.WriteNumber("irps", events.Irps);
        _json.WriteNumber("interrupts", events.Interrupts);
        _json.WriteNumber("dpcs", events.Dpcs);
        _json.WriteNumber("kernelCalls", events.KernelCalls);
        _json.WriteNumber("registers", events.Registers);
    }

    private void WriteSteps()
    {
        _json.WriteStartArray("steps");
        foreach ((StepOutcome outcome, int round) in _steps)
        {
            _json.WriteStartObject();
            _json.WriteNumber("round", round);
            _json.WriteNumber("number", outcome.Number);
            _json.WriteString("step", outcome.Step.Description);
            _json.WriteNumber("line", outcome.Failure?.Line ?? outcome.Step.Line);
            _json.WriteBoolean("ok", outcome.Failure == null);
            _json.WriteString("result", outcome.Failure?.Text ?? outcome.Result);
            _json.WriteNumber("ms", outcome.Time.TotalMilliseconds);
            WriteCounts(outcome.Events);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }

    private void WriteBugCheck()
    {
        if (_bugCheck is not var (report, place))
            return;
        _json.WriteStartObject("bugCheck");
        _json.WriteNumber("code", report.Code);
        _json.WriteString("name", BugCheckCodes.Name(report.Code));
        _json.WriteString("reason", report.Reason);
        _json.WriteStartArray("parameters");
        ReadOnlySpan<ulong> parameters = [report.Parameter1, report.Parameter2, report.Parameter3, report.Parameter4];
        foreach (ulong parameter in parameters)
            _json.WriteStringValue($"0x{parameter:x}");
        _json.WriteEndArray();
        _json.WriteNumber("irql", report.Irql.Value);
        _json.WriteString("at", place);
        _json.WriteEndObject();
    }

    private void WriteTexts(string name, IEnumerable<string> texts)
    {
        _json.WriteStartArray(name);
        foreach (string text in texts)
            _json.WriteStringValue(text);
        _json.WriteEndArray();
    }
}
