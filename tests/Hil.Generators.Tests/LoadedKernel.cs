using System.Reflection;

namespace Hil.Generators.Tests;

/// <summary>A compiled small kernel, reached through its Caller.</summary>
internal sealed class LoadedKernel(Assembly assembly)
{
    public ulong Call(string name, params ulong[] arguments) => (ulong)Invoke("Call", name, arguments)!;

    public byte[] FirstValue(string name) => (byte[])Invoke("FirstValue", name)!;

    /// <summary>What the exports under test wrote down in their static field Log.</summary>
    public string? Log => (string?)assembly.GetType("Hil.Kernel.Ntoskrnl")!.GetField("Log")!.GetValue(null);

    public IReadOnlyList<string> CheckedPointers =>
        (IReadOnlyList<string>)assembly.GetType("Hil.Kernel.PointerCheck")!.GetProperty("Checked")!.GetValue(null)!;

    /// <summary>The export table, one line an export: name, module, IRQL range, signature.</summary>
    public IReadOnlyList<string> Table
    {
        get
        {
            Type table = assembly.GetType("Hil.Kernel.ExportTable")!;
            var functions = (Array)table.GetProperty("Functions")!.GetValue(null)!;
            return [.. functions.Cast<object>().Select(Describe)];
        }
    }

    private static string Describe(object export)
    {
        object? Get(string property) => export.GetType().GetProperty(property)!.GetValue(export);
        return $"{Get("Name")} {Get("Module")} {Get("MinIrql")}..{Get("MaxIrql")} {Get("Signature")}";
    }

    private object? Invoke(string method, params object[] arguments) =>
        assembly.GetType("Hil.Kernel.Caller")!.GetMethod(method)!.Invoke(null, arguments);
}
