namespace Hil.Trace;

/// <summary>A difference that IRPs have in common.</summary>
public sealed class TraceDifference
{
    private const int IrpsKept = 10;
    private const int ExamplesKept = 5;

    private readonly List<ulong> _irps = [];
    private readonly List<string> _examples = [];

    internal TraceDifference(string kind, string text)
    {
        Kind = kind;
        Text = text;
    }

    /// <summary>count, value, order, status, result, irp-added or irp-removed; address for values that may be addresses
    /// of memory, which do not make traces unequal.</summary>
    public string Kind { get; }

    /// <summary>The difference in words.</summary>
    public string Text { get; }

    /// <summary>How often it occurs: IRPs that have it, or places between IRPs.</summary>
    public long Count { get; private set; }

    /// <summary>The first IRPs that have it, by their number in the first trace, or in the second for one that only it
    /// has.</summary>
    public IReadOnlyList<ulong> Irps => _irps;

    /// <summary>Some of the values.</summary>
    public IReadOnlyList<string> Examples => _examples;

    internal void Add(ulong irp, string? example)
    {
        Count++;
        if (irp != 0 && _irps.Count < IrpsKept)
            _irps.Add(irp);
        if (example != null && _examples.Count < ExamplesKept && !_examples.Contains(example))
            _examples.Add(example);
    }
}
