namespace Hil.Kernel;

// LZNT1 only: the Xpress formats are unsupported, as formats are that Windows does not know.

public static unsafe partial class Ntoskrnl
{
    private const ushort CompressionFormatMask = 0x00FF;
    private const ushort CompressionFormatDefault = 1;
    private const ushort CompressionFormatLznt1 = 2;
    private const ushort CompressionEngineMaximum = 0x0100;

    /// <summary>Room that RtlCompressBuffer and RtlDecompressFragment take besides their buffers.</summary>
    /// <returns>STATUS_INVALID_PARAMETER for COMPRESSION_FORMAT_NONE and _DEFAULT, STATUS_UNSUPPORTED_COMPRESSION for
    /// formats other than LZNT1, STATUS_NOT_SUPPORTED for engines other than standard and maximum.</returns>
    /// <remarks>WDK: RtlGetCompressionWorkSpaceSize.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlGetCompressionWorkSpaceSize(
        ushort compressionFormatAndEngine, uint* compressBufferWorkSpaceSize, uint* compressFragmentWorkSpaceSize)
    {
        NTSTATUS status = CheckCompression(compressionFormatAndEngine, usesEngine: true);
        if (!status.IsSuccess)
            return status;
        *compressBufferWorkSpaceSize = Lznt1.WorkspaceWords * sizeof(ushort);
        *compressFragmentWorkSpaceSize = Lznt1.ChunkBytes;
        return STATUS_SUCCESS;
    }

    /// <summary>Compresses a buffer.</summary>
    /// <param name="uncompressedChunkSize">Changes nothing: chunks of LZNT1 have 4096 bytes.</param>
    /// <param name="workSpace">As large as RtlGetCompressionWorkSpaceSize says.</param>
    /// <returns>STATUS_BUFFER_ALL_ZEROS, a success, for a buffer of zeros; STATUS_BUFFER_TOO_SMALL; and as
    /// RtlGetCompressionWorkSpaceSize.</returns>
    /// <remarks>WDK: RtlCompressBuffer.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlCompressBuffer(
        ushort compressionFormatAndEngine,
        [UncheckedPointer] byte* uncompressedBuffer,
        uint uncompressedBufferSize,
        [UncheckedPointer] byte* compressedBuffer,
        uint compressedBufferSize,
        uint uncompressedChunkSize,
        uint* finalCompressedSize,
        void* workSpace)
    {
        const int SearchesOfStandard = 16;
        NTSTATUS status = CheckCompression(compressionFormatAndEngine, usesEngine: true);
        if (!status.IsSuccess)
            return status;
        ReadOnlySpan<byte> input = Readable(uncompressedBuffer, uncompressedBufferSize, nameof(RtlCompressBuffer));
        Span<byte> room = Writable(compressedBuffer, compressedBufferSize, nameof(RtlCompressBuffer));
        DriverMemory.RequireWritable(workSpace, Lznt1.WorkspaceWords * sizeof(ushort), nameof(RtlCompressBuffer));
        bool isMaximum = (compressionFormatAndEngine & CompressionEngineMaximum) != 0;
        var workspace = new Span<ushort>(workSpace, Lznt1.WorkspaceWords);
        bool isZero = !input.ContainsAnyExcept((byte)0);
        while (!input.IsEmpty)
        {
            ReadOnlySpan<byte> chunk = input[..Math.Min(input.Length, Lznt1.ChunkBytes)];
            int bytes = Lznt1.CompressChunk(
                chunk, room, workspace, isMaximum ? Lznt1.ChunkBytes : SearchesOfStandard);
            if (bytes < 0)
                return STATUS_BUFFER_TOO_SMALL;
            room = room[bytes..];
            input = input[chunk.Length..];
        }
        *finalCompressedSize = compressedBufferSize - (uint)room.Length;
        room[..Math.Min(room.Length, sizeof(ushort))].Clear(); // The end, which does not count.
        return isZero ? STATUS_BUFFER_ALL_ZEROS : STATUS_SUCCESS;
    }

    /// <summary>Decompresses a buffer, as much of it as there is room for.</summary>
    /// <returns>STATUS_BAD_COMPRESSION_BUFFER for damaged data; as RtlGetCompressionWorkSpaceSize for a
    /// format.</returns>
    /// <remarks>WDK: RtlDecompressBuffer. Its page has an error for a buffer that is too small; Windows fills
    /// it.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlDecompressBuffer(
        ushort compressionFormat,
        [UncheckedPointer] byte* uncompressedBuffer,
        uint uncompressedBufferSize,
        [UncheckedPointer] byte* compressedBuffer,
        uint compressedBufferSize,
        uint* finalUncompressedSize)
    {
        NTSTATUS status = CheckCompression(compressionFormat, usesEngine: false);
        if (!status.IsSuccess)
            return status;
        ReadOnlySpan<byte> input = Readable(compressedBuffer, compressedBufferSize, nameof(RtlDecompressBuffer));
        Span<byte> room = Writable(uncompressedBuffer, uncompressedBufferSize, nameof(RtlDecompressBuffer));
        while (!room.IsEmpty)
        {
            if (!Lznt1.TryTakeChunk(ref input, out ReadOnlySpan<byte> chunk))
                return STATUS_BAD_COMPRESSION_BUFFER;
            if (chunk.IsEmpty)
                break;
            int bytes = Lznt1.DecompressChunk(chunk, room);
            if (bytes < 0)
                return STATUS_BAD_COMPRESSION_BUFFER;
            room = room[bytes..];
        }
        *finalUncompressedSize = uncompressedBufferSize - (uint)room.Length;
        return STATUS_SUCCESS;
    }

    /// <inheritdoc cref="RtlDecompressBuffer"/>
    /// <param name="workSpace">Changes nothing: LZNT1 needs none.</param>
    /// <remarks>WDK: RtlDecompressBufferEx.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlDecompressBufferEx(
        ushort compressionFormat,
        [UncheckedPointer] byte* uncompressedBuffer,
        uint uncompressedBufferSize,
        [UncheckedPointer] byte* compressedBuffer,
        uint compressedBufferSize,
        uint* finalUncompressedSize,
        [UncheckedPointer] void* workSpace) =>
        RtlDecompressBuffer(
            compressionFormat, uncompressedBuffer, uncompressedBufferSize, compressedBuffer, compressedBufferSize,
            finalUncompressedSize);

    /// <summary>Decompresses a part of a buffer.</summary>
    /// <param name="fragmentOffset">Where the part begins in the data when it is decompressed.</param>
    /// <param name="workSpace">Room for a chunk, as RtlGetCompressionWorkSpaceSize says.</param>
    /// <returns>As RtlDecompressBuffer.</returns>
    /// <remarks>WDK: RtlDecompressFragment.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlDecompressFragment(
        ushort compressionFormat,
        [UncheckedPointer] byte* uncompressedFragment,
        uint uncompressedFragmentSize,
        [UncheckedPointer] byte* compressedBuffer,
        uint compressedBufferSize,
        uint fragmentOffset,
        uint* finalUncompressedSize,
        void* workSpace)
    {
        NTSTATUS status = CheckCompression(compressionFormat, usesEngine: false);
        if (!status.IsSuccess)
            return status;
        ReadOnlySpan<byte> input = Readable(compressedBuffer, compressedBufferSize, nameof(RtlDecompressFragment));
        Span<byte> room = Writable(uncompressedFragment, uncompressedFragmentSize, nameof(RtlDecompressFragment));
        DriverMemory.RequireWritable(workSpace, Lznt1.ChunkBytes, nameof(RtlDecompressFragment));
        var workspace = new Span<byte>(workSpace, Lznt1.ChunkBytes);
        for (uint skipped = fragmentOffset; !room.IsEmpty;)
        {
            if (!Lznt1.TryTakeChunk(ref input, out ReadOnlySpan<byte> chunk))
                return STATUS_BAD_COMPRESSION_BUFFER;
            if (chunk.IsEmpty)
                break;
            int bytes = Lznt1.DecompressChunk(chunk, workspace);
            if (bytes < 0)
                return STATUS_BAD_COMPRESSION_BUFFER;
            ReadOnlySpan<byte> wanted = workspace[(int)Math.Min(skipped, (uint)bytes)..bytes];
            skipped -= Math.Min(skipped, (uint)bytes);
            wanted = wanted[..Math.Min(wanted.Length, room.Length)];
            wanted.CopyTo(room);
            room = room[wanted.Length..];
        }
        *finalUncompressedSize = uncompressedFragmentSize - (uint)room.Length;
        return STATUS_SUCCESS;
    }

    private static ReadOnlySpan<byte> Readable(byte* buffer, uint bytes, string export)
    {
        DriverMemory.RequireReadable(buffer, bytes, export);
        return new ReadOnlySpan<byte>(buffer, checked((int)bytes));
    }

    private static Span<byte> Writable(byte* buffer, uint bytes, string export)
    {
        DriverMemory.RequireWritable(buffer, bytes, export);
        return new Span<byte>(buffer, checked((int)bytes));
    }

    private static NTSTATUS CheckCompression(ushort formatAndEngine, bool usesEngine)
    {
        int engine = formatAndEngine & ~CompressionFormatMask;
        return (formatAndEngine & CompressionFormatMask) switch
        {
            <= CompressionFormatDefault => STATUS_INVALID_PARAMETER,
            not CompressionFormatLznt1 => STATUS_UNSUPPORTED_COMPRESSION,
            _ when usesEngine && engine is not (0 or CompressionEngineMaximum) => STATUS_NOT_SUPPORTED,
            _ => STATUS_SUCCESS,
        };
    }
}
