using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Hil.Generators.Tests;

public sealed class CachingTests
{
    private const string Before = "[Export] public static uint F(uint a) { return 1; }";

    [Theory]
    [InlineData("[Export] public static uint F(uint a) { return 2; }")]
    [InlineData("public static void Other() { }\n\n[Export] public static uint F(uint a) { return 1; }")]
    public void EditThatLeavesTheSignatureRegeneratesNothing(string after)
    {
        Assert.All(OutputReasonsAfterEdit(after), reason => Assert.Contains(
            reason, new[] { IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged }));
    }

    [Theory]
    [InlineData("[Export] public static uint F(ulong a) { return 1; }")]
    [InlineData("[Export(MaxIrql = 2)] public static uint F(uint a) { return 1; }")]
    [InlineData("[Export] public static uint F(uint b) { return 1; }")]
    public void EditOfTheSignatureRegenerates(string after) =>
        Assert.Contains(IncrementalStepRunReason.Modified, OutputReasonsAfterEdit(after));

    private static ImmutableArray<IncrementalStepRunReason> OutputReasonsAfterEdit(string after)
    {
        CSharpCompilation compilation = SmallKernel.Compile(Before);
        GeneratorDriver driver = SmallKernel.CreateDriver().RunGenerators(compilation);
        SyntaxTree exports = compilation.SyntaxTrees.Single(tree => tree.FilePath == "Exports.cs");
        SyntaxTree edited = SmallKernel.Parse(SmallKernel.InNtoskrnl(after), exports.FilePath);

        driver = driver.RunGenerators(compilation.ReplaceSyntaxTree(exports, edited));

        GeneratorRunResult result = driver.GetRunResult().Results.Single();
        return [.. result.TrackedSteps[ExportGenerator.ModelsStep]
            .SelectMany(step => step.Outputs)
            .Select(output => output.Reason)];
    }
}
