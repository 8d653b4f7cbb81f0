using Hil.Kernel;
using Hil.Loader;

namespace Hil.Host;

/// <summary>Where driver code was, in words, with the source line if it is known. A managed driver's own lines come
/// before addresses.</summary>
public sealed class PlaceText
{
    private readonly IReadOnlyList<string> _managedStack;
    private readonly IReadOnlyList<string>[] _nativeStack;

    /// <param name="managedStack">Innermost first.</param>
    /// <param name="rip">The driver code that ran last; 0 for none.</param>
    /// <param name="stackTrace">Innermost first. The further ones are return addresses.</param>
    /// <param name="isReturnAddress">Whether the code that ran last had called the kernel.</param>
    public PlaceText(
        ModuleTable modules, IReadOnlyList<string> managedStack, ulong rip, IReadOnlyList<ulong> stackTrace,
        bool isReturnAddress)
    {
        const int Innermost = 2; // RIP, and the stack's first.
        _managedStack = managedStack;
        IReadOnlyList<string>[] places = Describe(modules, [rip, .. stackTrace], isReturnAddress ? 0 : Innermost);
        _nativeStack = places[1..];
        Last = managedStack is [var innermost, ..] ? innermost : rip == 0 ? null : places[0][0];
    }

    /// <summary>The driver code that ran last; null for none.</summary>
    public string? Last { get; }

    /// <summary>A report's paragraph on the stack, after an empty line; nothing without a stack.</summary>
    public IEnumerable<string> StackLines()
    {
        if (_managedStack.Count + _nativeStack.Length == 0)
            yield break;
        yield return "";
        yield return "  stack";
        foreach (string line in _managedStack)
            yield return "    " + line;
        foreach (IReadOnlyList<string> place in _nativeStack)
        {
            yield return "    " + place[0];
            foreach (string caller in place.Skip(1))
                yield return "      inlined at " + caller;
        }
    }

    // Each address in words; behind that the places at which functions there were inlined.
    private static IReadOnlyList<string>[] Describe(ModuleTable modules, ulong[] addresses, int exact)
    {
        IReadOnlyList<string>[] places = [.. addresses.Select(a => (string[])[modules.Describe(a)])];
        foreach (NativeModule module in modules.All.OfType<NativeModule>())
        {
            int[] own = [.. Enumerable.Range(0, addresses.Length).Where(i => module.Contains(addresses[i]))];
            if (own.Length == 0)
                continue;
            // The line of a call is that of its last byte: behind it another line may begin.
            IReadOnlyList<string>[] lines = SourceLines.Find(
                module.Image, [.. own.Select(i => (uint)(addresses[i] - module.Base) - (i < exact ? 0u : 1))]);
            for (int i = 0; i < own.Length; i++)
            {
                if (lines[i].Count != 0)
                    places[own[i]] = [$"{places[own[i]][0]}, {lines[i][0]}", .. lines[i].Skip(1)];
            }
        }
        return places;
    }
}
