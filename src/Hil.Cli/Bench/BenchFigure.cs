using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hil.Cli.Bench;

/// <summary>One measured figure and the bound it is held to.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The figure itself, in <paramref name="Unit"/>.</param>
/// <param name="Against">What it was measured against, in the same run.</param>
/// <param name="Ratio">Figure against peer.</param>
/// <param name="Bound">Smallest ratio that is good enough, or the largest where less is better.</param>
internal sealed record BenchFigure(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("value")] double Value,
    [property: JsonPropertyName("unit")] string Unit,
    [property: JsonPropertyName("against")] string Against,
    [property: JsonPropertyName("ratio")] double Ratio,
    [property: JsonPropertyName("bound")] double Bound,
    [property: JsonPropertyName("ok")] bool Ok)
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>More is better: at least <paramref name="bound"/> times the peer.</summary>
    public static BenchFigure AtLeast(
        string name, double value, string unit, string against, double ratio, double bound) =>
        new(name, value, unit, against, ratio, bound, ratio >= bound);

    /// <summary>Less is better: at most <paramref name="bound"/> times the peer.</summary>
    public static BenchFigure AtMost(
        string name, double value, string unit, string against, double ratio, double bound) =>
        new(name, value, unit, against, ratio, bound, ratio <= bound);

    /// <summary>An array of figures.</summary>
    public static string ToJson(IReadOnlyList<BenchFigure> figures) => JsonSerializer.Serialize(figures, s_indented);
}
