using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Hil.Loader;

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
            function = FunctionTable.ReadEntry(layout, indirect);
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
        if (!TryDecodeCodes(layout.At(rva + HeaderSize, codeBytes, 0, "unwind codes"),
            out ImmutableArray<UnwindCode> codes))
            return false;

        uint handler = 0;
        RuntimeFunction chained = default;
        if ((flags & UnwindFlags.ChainInfo) != 0)
        {
            if (!layout.Contains(tail, 12))
                return false;
            chained = FunctionTable.ReadEntry(layout, tail);
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
