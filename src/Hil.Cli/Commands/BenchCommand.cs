using System.CommandLine;
using System.Globalization;
using Hil.Cli.Bench;
using Hil.Host;
using Hil.Loader;

namespace Hil.Cli.Commands;

/// <summary>`hil bench`: the figures that Hil is held to, each against a peer measured in the same run.</summary>
internal static class BenchCommand
{
    public const string Name = "bench";

    private const string Sample = "samples/drivers/edu";

    private static readonly Option<bool> s_json = new("--json") { Description = "Print an array of figures." };

    private static readonly Option<bool> s_check = new("--check")
    {
        Description = "Exit with 1 when a figure misses its bound.",
    };

    public static Command Create()
    {
        var command = new Command(Name, "Measures Hil against QEMU and against this machine.") { s_json, s_check };
        command.SetAction(static parsed => Run(CreateSuite().Run(), parsed));
        var trace = new Command("trace", "Measures recording and reading of traces.") { s_json, s_check };
        trace.SetAction(static parsed => Run(TraceFigures(), parsed));
        command.Add(trace);
        return command;
    }

    private static int Run(IEnumerable<BenchFigure> suite, ParseResult parsed)
    {
        bool asJson = parsed.GetValue(s_json);
        bool mustHold = parsed.GetValue(s_check);
        var figures = new List<BenchFigure>();
        if (!asJson)
            Console.Out.WriteLine($"{"figure",-36}{"value",14} {"unit",-12}{"against",-24}{"ratio",10}{"bound",10}");
        foreach (BenchFigure figure in suite)
        {
            figures.Add(figure);
            if (!asJson)
                Console.Out.WriteLine(Line(figure));
        }
        if (asJson)
            Console.Out.WriteLine(BenchFigure.ToJson(figures));
        return mustHold && figures.Exists(static figure => !figure.Ok) ? ExitCode.Failed : ExitCode.Success;
    }

    private static string Line(BenchFigure figure) => string.Create(CultureInfo.InvariantCulture,
        $"{figure.Name,-36}{figure.Value,14:N1} {figure.Unit,-12}{figure.Against,-24}"
        + $"{figure.Ratio,10:N2}{figure.Bound,10:N2}{(figure.Ok ? "" : "  MISSED")}");

    // The file format first: its memory figure is this process' peak.
    private static IEnumerable<BenchFigure> TraceFigures()
    {
        foreach (BenchFigure figure in TraceBench.Run())
            yield return figure;
        (string image, Func<ManagedDriver> managed) = FindEdu();
        foreach (BenchFigure figure in new CaptureBench(image, managed).Run())
            yield return figure;
    }

    private static BenchSuite CreateSuite()
    {
        (string image, Func<ManagedDriver> managed) = FindEdu();
        string program = Environment.ProcessPath!;
        return new BenchSuite(image, managed, () => StartTime.Measure(program, image));
    }

    private static (string Image, Func<ManagedDriver> Managed) FindEdu()
    {
        string folder = Path.Combine(FindRepository(), Sample);
        DriverSection driver = HilYaml.ReadFile(Path.Combine(folder, HilYaml.FileName)).Driver!;
        string image = DriverBuild.Build(driver, Console.Error.WriteLine);
        return (image, () => ManagedDriverLoader.Create(driver.Managed!, folder));
    }

    private static string FindRepository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !Directory.Exists(Path.Combine(folder, Sample)))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new RunInputException(
            $"hil bench needs the repository: {Sample} is not above {AppContext.BaseDirectory}");
    }
}
