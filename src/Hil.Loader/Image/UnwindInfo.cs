using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Hil.Loader;

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
/// <param name="Register">Which integer or XMM register, in instruction encoding; for a machine frame 1 if an error code lies on it.</param>
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

/// <summary>Decodes UNWIND_INFO. Damage is a value here, not an exception: whoever walks a stack stops there.</summary>
public static class UnwindDecoder
{
    private const uint HeaderSize = 4;

    /// <summary>False if the image's unwind information for this function makes no sense.</summary>
    public static bool TryDecode(FunctionTable table, RuntimeFunction function, out UnwindInfo info)
    {
        info = null!;
        ImageLayout layout = table.Layout;
        if ((function.UnwindRva & 1) != 0)
        {
            uint indirect = function.UnwindRva & ~1u;
            if (!layout.Contains(indirect, 12))
                return false;
            function = FunctionTable.ReadEntry(layout.At(indirect, 12, 0, "unwind information"));
        }
        return (function.UnwindRva & 3) == 0 && layout.Contains(function.UnwindRva, HeaderSize)
            && TryDecodeAt(layout, function.UnwindRva, out info);
    }

    private static bool TryDecodeAt(ImageLayout layout, uint rva, out UnwindInfo info)
    {
        info = null!;
        ReadOnlySpan<byte> header = layout.At(rva, HeaderSize, 0, "unwind information");
        int version = header[0] & 7;
        var flags = (UnwindFlags)(header[0] >> 3);
        uint codeBytes = header[2] * 2u;
        uint tail = rva + HeaderSize + ((codeBytes + 3) & ~3u);
        if (version is not (1 or 2) || !layout.Contains(rva + HeaderSize, codeBytes))
            return false;
        if (!TryDecodeCodes(layout.At(rva + HeaderSize, codeBytes, 0, "unwind codes"), out ImmutableArray<UnwindCode> codes))
            return false;

        uint handler = 0;
        RuntimeFunction chained = default;
        if ((flags & UnwindFlags.ChainInfo) != 0)
        {
            if (!layout.Contains(tail, 12))
                return false;
            chained = FunctionTable.ReadEntry(layout.At(tail, 12, 0, "chained unwind information"));
        }
        else if ((flags & (UnwindFlags.ExceptionHandler | UnwindFlags.TerminationHandler)) != 0)
        {
            if (!layout.Contains(tail, sizeof(uint)))
                return false;
            handler = layout.ReadUInt32(tail, 0, "an exception handler");
        }
        info = new UnwindInfo(flags, header[1], (byte)(header[3] & 15), (uint)(header[3] >> 4) * 16, codes,
            handler, handler == 0 ? 0 : tail + sizeof(uint), chained);
        return true;
    }

    private static bool TryDecodeCodes(ReadOnlySpan<byte> bytes, out ImmutableArray<UnwindCode> codes)
    {
        var builder = ImmutableArray.CreateBuilder<UnwindCode>(bytes.Length / 2);
        codes = [];
        for (int at = 0; at < bytes.Length;)
        {
            var operation = (UnwindOperation)(bytes[at + 1] & 15);
            byte info = (byte)(bytes[at + 1] >> 4);
            int slots = SlotsOf(operation, info);
            if (slots == 0 || at + slots * 2 > bytes.Length)
                return false;
            uint bytesOf = BytesOf(operation, info, bytes.Slice(at + 2, slots * 2 - 2));
            builder.Add(new UnwindCode(bytes[at], operation, info, bytesOf));
            at += slots * 2;
        }
        codes = builder.ToImmutable();
        return true;
    }

    private static int SlotsOf(UnwindOperation operation, byte info) => operation switch
    {
        UnwindOperation.PushNonVolatile or UnwindOperation.AllocateSmall or UnwindOperation.SetFrameRegister => 1,
        UnwindOperation.AllocateLarge => info switch { 0 => 2, 1 => 3, _ => 0 },
        UnwindOperation.SaveNonVolatile or UnwindOperation.SaveXmm128 or UnwindOperation.Epilog => 2,
        UnwindOperation.SaveNonVolatileFar or UnwindOperation.SaveXmm128Far => 3,
        UnwindOperation.PushMachineFrame => info <= 1 ? 1 : 0,
        _ => 0,
    };

    private static uint BytesOf(UnwindOperation operation, byte info, ReadOnlySpan<byte> operand) => operation switch
    {
        UnwindOperation.AllocateSmall => info * 8u + 8,
        UnwindOperation.AllocateLarge when info == 0 => BinaryPrimitives.ReadUInt16LittleEndian(operand) * 8u,
        UnwindOperation.SaveNonVolatile => BinaryPrimitives.ReadUInt16LittleEndian(operand) * 8u,
        UnwindOperation.SaveXmm128 => BinaryPrimitives.ReadUInt16LittleEndian(operand) * 16u,
        UnwindOperation.AllocateLarge or UnwindOperation.SaveNonVolatileFar or UnwindOperation.SaveXmm128Far =>
            BinaryPrimitives.ReadUInt32LittleEndian(operand),
        _ => 0,
    };
}
