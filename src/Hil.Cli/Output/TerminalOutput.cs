using Hil.Host;
using Spectre.Console;

namespace Hil.Cli.Output;

/// <summary>The same lines in colour, and the summary as a table. Only this file knows Spectre.Console, so that a run
/// into a pipe does not load it.</summary>
internal sealed class TerminalOutput(TextWriter writer, bool isVerbose) : PlainOutput(writer, isVerbose)
{
    protected override void WriteLine(Kind kind, string time, string label, string text)
    {
        string color = kind switch
        {
            Kind.Step => "32",
            Kind.Failure => "1;31",
            Kind.Warning => "33",
            Kind.Debug or Kind.Event => "36",
            _ => "34",
        };
        Writer.WriteLine($"\e[90m{time}\e[0m \e[{color}m{label,-8}\e[0m {text}");
    }

    protected override void WriteSummary(RunSummary summary)
    {
        Table table = new Table().RoundedBorder().HideHeaders().AddColumn("").AddColumn("");
        foreach ((string name, string value) in SummaryText.Rows(summary))
            table.AddRow(new Text(name), new Text(value));
        AnsiConsole.Write(table);
        string color = summary.ExitCode == ExitCode.Success ? "green" : "red";
        AnsiConsole.MarkupLine($"[{color}]{Markup.Escape(SummaryText.Verdict(summary))}[/]");
    }
}
