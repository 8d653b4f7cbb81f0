using Hil.Kernel;
using Hil.Loader;
using Iced.Intel;

namespace Hil.Cli.Output;

/// <summary>Names for the addresses in disassembled code: imports by their slots, functions by the image's
/// symbols.</summary>
internal sealed class ModuleSymbols(ModuleTable modules) : ISymbolResolver
{
    public bool TryGetSymbol(
        in Instruction instruction,
        int operand,
        int instructionOperand,
        ulong address,
        int addressSize,
        out SymbolResult symbol)
    {
        symbol = default;
        LoadedModule? module = modules.Find(address);
        if (module == null)
            return false;
        uint rva = (uint)(address - module.Base);
        string? name = FindImport(module, rva) ?? module.FindSymbol(rva);
        if (name == null)
            return false;
        symbol = new SymbolResult(address, name);
        return true;
    }

    private static string? FindImport(LoadedModule module, uint rva)
    {
        if (module is not NativeModule native)
            return null;
        foreach (ImportedModule imported in native.Image.Imports)
        {
            foreach (DriverImport import in imported.Imports)
            {
                if (import.SlotRva == rva)
                    return $"{imported.Module}!{import}";
            }
        }
        return null;
    }
}
