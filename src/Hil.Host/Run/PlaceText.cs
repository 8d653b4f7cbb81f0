using Hil.Kernel;

namespace Hil.Host;

/// <summary>Where driver code was, in words. A managed driver's own lines come before addresses.</summary>
public static class PlaceText
{
    /// <summary>The driver code that ran last; null for none.</summary>
    /// <param name="managedStack">Innermost first.</param>
    /// <param name="rip">0 for none.</param>
    public static string? Of(ModuleTable modules, IReadOnlyList<string> managedStack, ulong rip) =>
        managedStack is [var innermost, ..] ? innermost : rip == 0 ? null : modules.Describe(rip);

    /// <summary>A report's paragraph on the stack, after an empty line; nothing without a stack.</summary>
    /// <param name="stackTrace">Innermost first.</param>
    public static IEnumerable<string> StackLines(
        ModuleTable modules, IReadOnlyList<string> managedStack, IReadOnlyList<ulong> stackTrace)
    {
        if (managedStack.Count + stackTrace.Count == 0)
            yield break;
        yield return "";
        yield return "  stack";
        foreach (string line in managedStack)
            yield return "    " + line;
        foreach (ulong address in stackTrace)
            yield return "    " + modules.Describe(address);
    }
}
