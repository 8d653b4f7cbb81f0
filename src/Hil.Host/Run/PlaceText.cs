using Hil.Kernel;
using Hil.Loader;

namespace Hil.Host;

/// <summary>Where driver code was, in words, with the source line if it is known. A managed driver's own lines come
/// before addresses.</summary>
public static class PlaceText
{
    /// <summary>The driver code that ran last; null for none.</summary>
    /// <param name="managedStack">Innermost first.</param>
    /// <param name="rip">0 for none.</param>
    /// <param name="isReturnAddress">Whether the code had called the kernel.</param>
    public static string? Of(
        ModuleTable modules, IReadOnlyList<string> managedStack, ulong rip, bool isReturnAddress)
    {
        if (managedStack is [var innermost, ..])
            return innermost;
        return rip == 0 ? null : Describe(modules, [rip], isReturnAddress)[0][0];
    }

    /// <summary>A report's paragraph on the stack, after an empty line; nothing without a stack.</summary>
    /// <param name="stackTrace">Innermost first. The further ones are return addresses.</param>
    /// <param name="isReturnAddress">Whether the innermost is one, too.</param>
    public static IEnumerable<string> StackLines(
        ModuleTable modules, IReadOnlyList<string> managedStack, IReadOnlyList<ulong> stackTrace, bool isReturnAddress)
    {
        if (managedStack.Count + stackTrace.Count == 0)
            yield break;
        yield return "";
        yield return "  stack";
        foreach (string line in managedStack)
            yield return "    " + line;
        foreach (IReadOnlyList<string> place in Describe(modules, stackTrace, isReturnAddress))
        {
            yield return "    " + place[0];
            foreach (string caller in place.Skip(1))
                yield return "      inlined at " + caller;
        }
    }

    // Each address in words; behind that the places at which functions there were inlined.
    private static List<IReadOnlyList<string>> Describe(
        ModuleTable modules, IReadOnlyList<ulong> addresses, bool isReturnAddress)
    {
        List<IReadOnlyList<string>> places = [.. addresses.Select(a => (string[])[modules.Describe(a)])];
        foreach (NativeModule module in modules.All.OfType<NativeModule>())
        {
            int[] own = [.. Enumerable.Range(0, addresses.Count).Where(i => module.Contains(addresses[i]))];
            if (own.Length == 0)
                continue;
            // The line of a call is that of its last byte: behind it another line may begin.
            IReadOnlyList<string>[] lines = SourceLines.Find(
                module.Image,
                [.. own.Select(i => (uint)(addresses[i] - module.Base) - (i > 0 || isReturnAddress ? 1u : 0))]);
            for (int i = 0; i < own.Length; i++)
            {
                if (lines[i].Count != 0)
                    places[own[i]] = [$"{places[own[i]][0]}, {lines[i][0]}", .. lines[i].Skip(1)];
            }
        }
        return places;
    }
}
