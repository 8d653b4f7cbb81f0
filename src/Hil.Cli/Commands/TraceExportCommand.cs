using System.CommandLine;
using Hil.Host;
using Hil.Trace;

namespace Hil.Cli.Commands;

/// <summary>`hil trace export`: a trace for other programs to look at.</summary>
internal static class TraceExportCommand
{
    public static Command Create()
    {
        Argument<string> file = TraceArguments.File();
        Option<TraceExportFormat> format = new Option<TraceExportFormat>("--format")
        {
            Description = "perfetto (ui.perfetto.dev), vcd (GTKWave), json (records), html (a page with a timeline)",
            HelpName = "perfetto|vcd|json|html",
            Required = true,
        }.ByName();
        Option<string?> target = new("--output", "-o")
        {
            Description = "Where to; stdout unless given",
            HelpName = "path",
        };
        var command = new Command("export", "Writes a trace for other programs.") { file, format, target };
        command.SetAction(parsed => Run(
            parsed.GetValue(file)!, parsed.GetValue(format), parsed.GetValue(target)));
        return command;
    }

    private static int Run(string path, TraceExportFormat format, string? targetPath)
    {
        using TraceReader reader = TraceArguments.Open(path);
        if (targetPath == null || targetPath == "-")
        {
            using Stream output = Console.OpenStandardOutput();
            TraceExport.Write(reader, format, output);
            return ExitCode.Success;
        }
        if (SameFile.Is(targetPath, path))
            throw new RunInputException($"{targetPath}: the export would replace the trace; give it another name");
        using FileStream target = Create(targetPath);
        TraceExport.Write(reader, format, target);
        return ExitCode.Success;
    }

    private static FileStream Create(string path)
    {
        if (path.Length == 0)
            throw new RunInputException("--output needs the path of a file");
        try
        {
            return File.Create(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string problem = Directory.Exists(path) ? "is a folder" : $"cannot be written: {e.Message.TrimEnd('.')}";
            throw new RunInputException($"{path}: {problem}. Give another path.");
        }
    }
}
