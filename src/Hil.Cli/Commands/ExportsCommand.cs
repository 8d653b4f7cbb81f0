using System.CommandLine;
using Hil.Host;
using Hil.Kernel;
using Hil.Loader;

namespace Hil.Cli.Commands;

/// <summary>`hil exports`: what drivers can import, or what one driver imports and whether it is there.</summary>
internal static class ExportsCommand
{
    private static readonly string[] s_irqlNames = ["PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL"];

    public static Command Create()
    {
        Argument<string?> driver = new("driver.sys")
        {
            Description = "A driver image; without one, everything is listed",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command =
            new Command("exports", "Lists the kernel's exports with the IRQL they may be called at.") { driver };
        command.SetAction(parsed => parsed.GetValue(driver) is { } path ? ListDriver(path) : ListAll());
        return command;
    }

    private static int ListAll()
    {
        foreach (Export export in ExportTable.Functions.OrderBy(export => export.Name, StringComparer.Ordinal))
            Console.Out.WriteLine($"{Irql(export),-32} {export.Signature}");
        foreach (DataExport export in ExportTable.Variables.OrderBy(export => export.Name, StringComparer.Ordinal))
            Console.Out.WriteLine($"{"variable",-32} {export.Name}");
        return ExitCode.Success;
    }

    private static int ListDriver(string path)
    {
        DriverImage image = DriverImage.ReadFile(path);
        int missing = 0;
        int total = 0;
        foreach (ImportedModule module in image.Imports)
        {
            foreach (DriverImport import in module.Imports)
            {
                total++;
                string? contract = Find(import.Name);
                missing += contract == null ? 1 : 0;
                Console.Out.WriteLine(
                    $"{(contract == null ? "lack" : "have")}  {module.Module}!{import,-40} {contract}".TrimEnd());
            }
        }
        Console.Out.WriteLine(
            $"{total - missing} of {total} imports are there; calling one that is not stops the machine");
        return ExitCode.Success;
    }

    // Null if nothing has that name.
    private static string? Find(string? name)
    {
        if (name == null)
            return null;
        if (ExportTable.TryFind(name, out int id))
            return Irql(ExportTable.Functions[id]);
        return Array.Exists(ExportTable.Variables, variable => variable.Name == name) ? "variable" : null;
    }

    private static string Irql(Export export) => (export.MinIrql, export.MaxIrql) switch
    {
        (0, 0) => "PASSIVE_LEVEL",
        (0, > 2) => "any IRQL",
        (0, var max) => $"<= {Name(max)}",
        var (min, max) when min == max => Name(min),
        var (min, max) => $"{Name(min)}..{Name(max)}",
    };

    private static string Name(byte irql) => irql < s_irqlNames.Length
        ? s_irqlNames[irql]
        : irql == 15 ? "HIGH_LEVEL" : $"IRQL {irql}";
}
