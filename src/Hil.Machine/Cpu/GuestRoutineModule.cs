namespace Hil.Machine;

/// <summary>The guest routines as a module. All are leaf code without exception tables; those for memory keep the
/// caller's
/// RDI in R10 and, where they use it, RSI in R11.</summary>
internal sealed class GuestRoutineModule : LoadedModule
{
    private readonly GuestRoutineName[] _routines;
    private readonly uint _copies;
    private readonly uint _fills;
    private readonly uint _comparisons;

    /// <param name="routines">In ascending order.</param>
    public GuestRoutineModule(ulong address, ulong bytes, GuestRoutineName[] routines)
        : base("ntoskrnl.exe", address, bytes)
    {
        _routines = routines;
        _copies = OffsetOf("memcpy");
        _fills = OffsetOf("memset");
        _comparisons = OffsetOf("RtlCompareMemory");
    }

    public override bool IsKernel => true;

    public override string? FindSymbol(uint rva)
    {
        (string name, int start) = Array.FindLast(_routines, routine => (uint)routine.Offset <= rva);
        return name == null || start == rva ? name : $"{name}+0x{rva - start:x}";
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
        if (rva < _copies || rva >= _comparisons)
            return;
        context->Rdi = context->R10;
        if (rva < _fills)
            context->Rsi = context->R11;
    }

    private uint OffsetOf(string name) => (uint)Array.Find(_routines, routine => routine.Name == name).Offset;
}
