namespace Hil.Machine;

/// <summary>The guest routines as a module. All are code without exception tables. Those for memory are leaves that keep
/// the caller's RDI in R10 and, where they use it, RSI in R11; the one that checks the stack keeps R10 and R11
/// there.</summary>
internal sealed class GuestRoutineModule : LoadedModule
{
    public const string CheckStack = "__chkstk";

    /// <summary>Bytes that it has on the stack between its first instruction and its last.</summary>
    public const int CheckStackFrame = 16;

    private const uint CheckStackEntryBytes = 4; // sub rsp, imm8
    private const uint ReturnBytes = 1;

    private readonly GuestRoutineName[] _routines;
    private readonly uint _copies;
    private readonly uint _fills;
    private readonly uint _comparisons;
    private readonly uint _stackChecked;
    private readonly uint _stackCheckEnds;

    /// <param name="routines">In ascending order.</param>
    public GuestRoutineModule(ulong address, ulong bytes, GuestRoutineName[] routines)
        : base("ntoskrnl.exe", address, bytes)
    {
        _routines = routines;
        _copies = OffsetOf("memcpy");
        _fills = OffsetOf("memset");
        _comparisons = OffsetOf("RtlCompareMemory");
        int check = Array.FindIndex(routines, static routine => routine.Name == CheckStack);
        _stackChecked = (uint)routines[check].Offset + CheckStackEntryBytes;
        _stackCheckEnds = (uint)routines[check + 1].Offset - ReturnBytes;
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
        if (rva >= _stackChecked && rva < _stackCheckEnds)
            context->Rsp += CheckStackFrame;
        if (rva < _copies || rva >= _comparisons)
            return;
        context->Rdi = context->R10;
        if (rva < _fills)
            context->Rsi = context->R11;
    }

    private uint OffsetOf(string name) => (uint)Array.Find(_routines, routine => routine.Name == name).Offset;
}
