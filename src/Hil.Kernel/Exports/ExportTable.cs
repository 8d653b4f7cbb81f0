namespace Hil.Kernel;

/// <summary>Every export of the kernel, by index (the kernel-call id) and by name.</summary>
public static partial class ExportTable
{
    private static readonly Dictionary<string, int> s_byName;

    static ExportTable()
    {
        var functions = new List<Export>();
        AddFunctions(functions);
        Functions = [.. functions];
        var variables = new List<DataExport>();
        AddVariables(variables);
        Variables = [.. variables];
        s_byName = new Dictionary<string, int>(Functions.Length, StringComparer.Ordinal);
        for (int id = 0; id < Functions.Length; id++)
            s_byName.Add(Functions[id].Name, id);
    }

    /// <summary>Functions; the index is the id that an import stub passes to the monitor's kernel-call gate.</summary>
    public static Export[] Functions { get; }

    public static DataExport[] Variables { get; }

    /// <summary>Finds a function by its exported name (module names are not compared: hal.dll
    /// forwards freely).</summary>
    public static bool TryFind(string name, out int id) => s_byName.TryGetValue(name, out id);

    // The generator implements these two in ExportTable.g.cs.
    static partial void AddFunctions(List<Export> functions);

    static partial void AddVariables(List<DataExport> variables);
}
