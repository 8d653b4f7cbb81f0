namespace Hil.Kernel;

/// <summary>The loaded driver images, for reports and for unwinding.</summary>
public sealed class ModuleTable
{
    private readonly List<LoadedModule> _modules = [];

    public IReadOnlyList<LoadedModule> All => _modules;

    public void Add(LoadedModule module) => _modules.Add(module);

    public void Remove(LoadedModule module) => _modules.Remove(module);

    /// <summary>The module that contains an address, or null.</summary>
    public LoadedModule? Find(ulong address)
    {
        foreach (LoadedModule module in _modules)
        {
            if (module.Contains(address))
                return module;
        }
        return null;
    }

    /// <summary>An address as "driver.sys+0x1234 (symbol+0x4)", or as a plain number.</summary>
    public string Describe(ulong address)
    {
        LoadedModule? module = Find(address);
        if (module == null)
            return $"0x{address:x}";
        string? symbol = module.FindSymbol((uint)(address - module.Base));
        string place = $"{module.Name}+0x{address - module.Base:x}";
        return symbol == null ? place : $"{place} ({symbol})";
    }
}
