using System.Collections.Immutable;

namespace Hil.Kernel;

/// <summary>One function of an image, from its exception table (.pdata).</summary>
/// <param name="BeginRva">Its first byte.</param>
/// <param name="EndRva">The byte after its last.</param>
/// <param name="UnwindRva">Its UNWIND_INFO; with bit 0 set, another RUNTIME_FUNCTION that it shares one with.</param>
/// <param name="EntryRva">The table's entry itself.</param>
public readonly record struct RuntimeFunction(uint BeginRva, uint EndRva, uint UnwindRva, uint EntryRva);

/// <summary>The operations of x64 prologues, as UNWIND_CODE numbers them.</summary>
public enum UnwindOperation : byte
{
    PushNonVolatile = 0,
    AllocateLarge = 1,
    AllocateSmall = 2,
    SetFrameRegister = 3,
    SaveNonVolatile = 4,
    SaveNonVolatileFar = 5,
    Epilog = 6,
    SaveXmm128 = 8,
    SaveXmm128Far = 9,
    PushMachineFrame = 10,
}

/// <summary>The flags of an UNWIND_INFO.</summary>
[Flags]
public enum UnwindFlags : byte
{
    None = 0,
    ExceptionHandler = 1,
    TerminationHandler = 2,
    ChainInfo = 4,
}

/// <summary>One step of a prologue.</summary>
/// <param name="PrologOffset">Offset of the end of the instruction that did it.</param>
/// <param name="Register">Which integer or XMM register, in instruction encoding; for a machine frame 1 if an error
/// code lies on it.</param>
/// <param name="Bytes">Size of an allocation, or offset of a save from the frame's base.</param>
public readonly record struct UnwindCode(byte PrologOffset, UnwindOperation Operation, byte Register, uint Bytes);

/// <summary>How to undo a function's prologue, and who handles its exceptions.</summary>
/// <param name="FrameRegister">0 if the function has no frame pointer.</param>
/// <param name="FrameOffset">Bytes between RSP and the frame pointer when it was set.</param>
/// <param name="Codes">In the order of the table: last prologue instruction first.</param>
/// <param name="HandlerRva">The language handler, 0 if there is none.</param>
/// <param name="HandlerDataRva">What the compiler laid down for it (scope tables).</param>
public sealed record UnwindInfo(
    UnwindFlags Flags, byte PrologSize, byte FrameRegister, uint FrameOffset, ImmutableArray<UnwindCode> Codes,
    uint HandlerRva, uint HandlerDataRva, RuntimeFunction Chained)
{
    public bool IsChained => (Flags & UnwindFlags.ChainInfo) != 0;
}
