namespace Hil.Kernel;

/// <summary>Every export of the kernel, by index (the kernel-call id) and by name.</summary>
public static partial class ExportTable
{
    // The generator implements these two in ExportTable.g.cs.
    private static partial Export[] CreateFunctions();

    private static partial DataExport[] CreateVariables();

    /// <summary>Functions; the index is the id that an import stub passes to the monitor's kernel-call gate.</summary>
    public static Export[] Functions { get; } = CreateFunctions();

    public static DataExport[] Variables { get; } = CreateVariables();

    private static readonly Dictionary<string, int> s_byName = IndexByName();

    /// <summary>Finds a function by its exported name (module names are not compared: hal.dll forwards freely).</summary>
    public static bool TryFind(string name, out int id) => s_byName.TryGetValue(name, out id);

    private static Dictionary<string, int> IndexByName()
    {
        var byName = new Dictionary<string, int>(Functions.Length, StringComparer.Ordinal);
        for (int id = 0; id < Functions.Length; id++)
            byName.Add(Functions[id].Name, id);
        return byName;
    }
}
