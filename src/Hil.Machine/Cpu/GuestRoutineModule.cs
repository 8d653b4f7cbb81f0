namespace Hil.Machine;

/// <summary>The guest routines as a module. All are leaf code without exception tables; those for memory keep the
/// caller's
/// RDI in R10 and, where they use it, RSI in R11.</summary>
internal sealed class GuestRoutineModule : LoadedModule
{
    private readonly (ulong Address, string Name)[] _routines;
    private readonly ulong _copies;
    private readonly ulong _fills;
    private readonly ulong _comparisons;

    public GuestRoutineModule(ulong address, ulong bytes, IReadOnlyDictionary<string, ulong> routines)
        : base("ntoskrnl.exe", address, bytes)
    {
        _routines = [.. routines.Select(static r => (r.Value, r.Key)).Order()];
        _copies = routines["memcpy"];
        _fills = routines["memset"];
        _comparisons = routines["RtlCompareMemory"];
    }

    public override string? FindSymbol(uint rva)
    {
        ulong address = Base + rva;
        (ulong start, string name) = _routines.LastOrDefault(r => r.Address <= address);
        return name == null || start == address ? name : $"{name}+0x{address - start:x}";
    }

    public override bool TryFindFunction(uint rva, out RuntimeFunction function)
    {
        function = default;
        return false;
    }

    public override bool TryDecodeUnwind(RuntimeFunction function, out UnwindInfo info)
    {
        info = null!;
        return false;
    }

    public override unsafe void RestoreInLeaf(uint rva, CONTEXT* context)
    {
        ulong address = Base + rva;
        if (address < _copies || address >= _comparisons)
            return;
        context->Rdi = context->R10;
        if (address < _fills)
            context->Rsi = context->R11;
    }
}
