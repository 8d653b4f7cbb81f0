using System.Collections.Immutable;

namespace Hil.Trace;

/// <summary>Which categories of records a capture writes.</summary>
public sealed class TraceCategories
{
    private const string Core = "core";

    private readonly ImmutableArray<string> _names;

    private TraceCategories(ImmutableArray<string> names) => _names = names;

    /// <summary>Every category, in the order of the schema; core is not among them, since it is
    /// always written.</summary>
    public static ImmutableArray<string> Known { get; } =
        [.. TraceSchema.Kinds.Select(static kind => kind.Category).Distinct().Where(static name => name != Core)];

    /// <summary>Everything, which is what a replay needs.</summary>
    public static TraceCategories All { get; } = new(Known);

    public ImmutableArray<string> Names => _names;

    /// <summary>Whether a capture of these can be replayed.</summary>
    public bool IsReplayable => Missing.IsEmpty;

    /// <summary>Categories with inputs that are left out.</summary>
    public ImmutableArray<string> Missing =>
        [.. TraceSchema.Kinds.Where(kind => kind.IsInput && !Contain(kind.Category))
            .Select(static kind => kind.Category).Distinct()];

    public static bool IsKnown(string name) => Known.Contains(name);

    /// <summary>Some categories by name.</summary>
    /// <exception cref="ArgumentException">A name is none of <see cref="Known"/>.</exception>
    public static TraceCategories Of(IEnumerable<string> names)
    {
        ImmutableArray<string> chosen = [.. names.Distinct()];
        foreach (string name in chosen)
        {
            if (!IsKnown(name))
                throw new ArgumentException($"'{name}' is no category of records: {string.Join(", ", Known)}");
        }
        return new TraceCategories(chosen);
    }

    public bool Contain(string category) => category == Core || _names.Contains(category);
}
