using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Hil.Generators;

// Driver code calls an export with the Microsoft x64 convention; the monitor's gate leaves the arguments as an array of
// 8-byte slots. For every method that bears [Export] this generator writes a thunk that takes the arguments out of
// their slots, calls the method and puts the result into RAX, and a line of the export table that points at the thunk.
//
// Two pipelines, so that typing inside a method body regenerates nothing: what is written depends on the methods'
// signatures only; where they stand in their files matters to diagnostics alone.

/// <summary>Writes the rest of Hil.Kernel.ExportTable from [Export] and [ExportData].</summary>
[Generator(LanguageNames.CSharp)]
public sealed class ExportGenerator : IIncrementalGenerator
{
    /// <summary>The step whose results a test watches for being cached.</summary>
    public const string ModelsStep = "Models";

    private const string ExportAttribute = "Hil.Kernel.ExportAttribute";
    private const string ExportDataAttribute = "Hil.Kernel.ExportDataAttribute";

    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<Found<FunctionModel>> functions = context.SyntaxProvider.ForAttributeWithMetadataName(
            ExportAttribute, static (_, _) => true, static (attributed, _) => FunctionReader.Read(attributed));
        IncrementalValuesProvider<Found<VariableModel>> variables = context.SyntaxProvider.ForAttributeWithMetadataName(
            ExportDataAttribute, static (_, _) => true, static (attributed, _) => VariableReader.Read(attributed));

        context.RegisterSourceOutput(functions, static (output, found) => Report(output, found.Mistakes));
        context.RegisterSourceOutput(variables, static (output, found) => Report(output, found.Mistakes));
        context.RegisterSourceOutput(
            Names(functions).Collect().Combine(Names(variables).Collect()),
            static (output, names) => ReportDuplicates(output, names.Left.AddRange(names.Right)));
        context.RegisterSourceOutput(
            Models(functions).Collect().Combine(Models(variables).Collect()),
            static (output, models) => Write(output, models.Left, models.Right));
    }

    private static IncrementalValuesProvider<T> Models<T>(IncrementalValuesProvider<Found<T>> found)
        where T : ExportModel =>
        found.Where(static one => one.Model is not null)
            .Select(static (one, _) => one.Model!)
            .WithTrackingName(ModelsStep);

    private static IncrementalValuesProvider<PlacedName> Names<T>(IncrementalValuesProvider<Found<T>> found)
        where T : ExportModel =>
        found.Where(static one => one.Model is not null)
            .Select(static (one, _) => new PlacedName(one.Model!.Name, one.Place));

    private static void Report(SourceProductionContext output, EquatableArray<Mistake> mistakes)
    {
        foreach (Mistake mistake in mistakes)
            output.ReportDiagnostic(mistake.ToDiagnostic());
    }

    private static void ReportDuplicates(SourceProductionContext output, ImmutableArray<PlacedName> names)
    {
        foreach (IGrouping<string, PlacedName> same in names.GroupBy(static name => name.Name))
        {
            foreach (PlacedName duplicate in same.Skip(1))
                output.ReportDiagnostic(new Mistake(Mistakes.DuplicateName, duplicate.Place, same.Key).ToDiagnostic());
        }
    }

    private static void Write(
        SourceProductionContext output,
        ImmutableArray<FunctionModel> functions,
        ImmutableArray<VariableModel> variables)
    {
        string text = new ExportTableWriter(ByName(functions), ByName(variables)).Write();
        output.AddSource("ExportTable.g.cs", SourceText.From(text, Encoding.UTF8));
    }

    // Ordinal order makes the kernel-call numbers independent of the order of files. Duplicates have been reported; the
    // first stays, so that the error is not buried under errors in generated code.
    private static IReadOnlyList<T> ByName<T>(ImmutableArray<T> exports)
        where T : ExportModel =>
        [.. exports.GroupBy(static export => export.Name).Select(static same => same.First())
            .OrderBy(static export => export.Name, System.StringComparer.Ordinal)];
}
