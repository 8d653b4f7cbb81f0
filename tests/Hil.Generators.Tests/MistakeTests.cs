using Microsoft.CodeAnalysis;

namespace Hil.Generators.Tests;

public sealed class MistakeTests
{
    // Each case: the error, the text it must stand at, and the members of Ntoskrnl.
    [Theory]
    [InlineData(
        "HIL001", "G",
        "[Export] public static void F() { } [Export(Name = nameof(F))] public static void G() { }")]
    [InlineData("HIL001", "F", """[Export] public static void F() { } [Export] public static void F(uint a) { }""")]
    [InlineData(
        "HIL001", "D",
        "[Export] public static int F() => 0; [ExportData(nameof(F), 8)] public static void D(byte* b) {}")]
    [InlineData("HIL002", "F", "[Export] internal static void F() { }")]
    [InlineData("HIL002", "F", "[Export] private static void F() { }")]
    [InlineData("HIL003", "F", "[Export] public static void F<T>() { }")]
    [InlineData("HIL004", "a", "[Export] public static void F(ref uint a) { }")]
    [InlineData("HIL004", "a", "[Export] public static void F(in uint a) { }")]
    [InlineData("HIL004", "a", "[Export] public static void F(out uint a) { a = 0; }")]
    [InlineData("HIL004", "b", "[Export] public static void F(uint a, string b) { }")]
    [InlineData("HIL004", "a", "[Export] public static void F(bool a) { }")]
    [InlineData("HIL004", "a", "[Export] public static void F(double a) { }")]
    [InlineData("HIL004", "a", "[Export] public static void F(Span<byte> a) { }")]
    [InlineData("HIL004", "a", "[Export] public static void F(VarArgs a, uint b) { }")]
    [InlineData("HIL005", "F", "[Export] public static string F() => \"\";")]
    [InlineData("HIL005", "F", "[Export] public static bool F() => true;")]
    [InlineData("HIL005", "F", "[Export] public static CLIENT_ID F() => default;")]
    [InlineData("HIL005", "F", "[Export] public static ref uint F() => throw null!;")]
    [InlineData("HIL006", "F", "public static class Inner { [Export] public static void F() { } }")]
    [InlineData("HIL007", "D", """[ExportData("X", 8)] public static void D(uint* b) { }""")]
    [InlineData("HIL007", "D", """[ExportData("X", 8)] public static uint D(byte* b) => 0;""")]
    [InlineData("HIL007", "D", """[ExportData("X", 0)] public static void D(byte* b) { }""")]
    [InlineData("HIL008", "F", "[Export(MinIrql = 3, MaxIrql = 2)] public static void F() { }")]
    public void MistakeIsAnErrorAtItsPlace(string id, string place, string members)
    {
        Diagnostic diagnostic = Assert.Single(SmallKernel.Run(SmallKernel.Compile(members)).Diagnostics);

        Assert.Equal(id, diagnostic.Id);
        Assert.Equal(DiagnosticSeverity.Error, diagnostic.Severity);
        Assert.Equal("Exports.cs", diagnostic.Location.GetLineSpan().Path);
        string source = SmallKernel.InNtoskrnl(members);
        Assert.Equal(place, source.Substring(diagnostic.Location.SourceSpan.Start, place.Length));
    }

    [Fact]
    public void EveryMistakeOfAMethodIsReported()
    {
        const string Members = "[Export] static void F(ref uint a, string b) { }";

        IEnumerable<string> ids = SmallKernel.Run(SmallKernel.Compile(Members)).Diagnostics.Select(one => one.Id);

        Assert.Equal(["HIL002", "HIL004", "HIL004"], ids.Order());
    }

    [Fact]
    public void OtherExportsAreStillGenerated()
    {
        string text = SmallKernel.Generate("""
            [Export] static void Wrong() { }
            [Export] public static void Right() { }
            """);

        Assert.Contains("\"Right\"", text);
        Assert.DoesNotContain("\"Wrong\"", text);
    }
}
