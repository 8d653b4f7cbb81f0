using System.Buffers.Binary;

namespace Hil.Kernel;

// A buffer is a sequence of chunks, each of up to 4096 bytes when uncompressed, and ends at a chunk header of 0 or with
// its room. A compressed chunk is groups of a byte of flags and eight elements, the lowest flag first: 0 is a literal
// byte, 1 a word that says what to repeat. The further the chunk has come, the more bits of the word are distance and
// the fewer length (MS-XCA 2.5).

/// <summary>The compression format LZNT1.</summary>
internal static class Lznt1
{
    public const int ChunkBytes = 4096;

    /// <summary>Room that compression takes in its workspace: where the last three bytes with a hash stood, and those
    /// before.</summary>
    public const int WorkspaceWords = HashCount + ChunkBytes;

    private const int HashCount = 4096;
    private const int HeaderBytes = sizeof(ushort);
    private const ushort Signature = 0x3000;
    private const ushort Compressed = 0x8000;
    private const ushort LengthMask = 0xFFF; // Bytes of the chunk with its header, less 3.
    private const int HeaderBias = 3;
    private const int RepeatMin = 3;
    private const int GroupElements = 8;

    /// <summary>Compresses one chunk.</summary>
    /// <param name="searchesMax">Places that are looked at for the longest repetition.</param>
    /// <returns>Bytes written to the output, or -1 when it is too small.</returns>
    public static int CompressChunk(
        ReadOnlySpan<byte> input, Span<byte> output, Span<ushort> workspace, int searchesMax)
    {
        // A chunk that would not become smaller stays as it is.
        int bytes = TryPack(input, output, workspace, searchesMax);
        if (bytes < 0)
        {
            bytes = HeaderBytes + input.Length;
            if (bytes > output.Length)
                return -1;
            input.CopyTo(output[HeaderBytes..]);
            BinaryPrimitives.WriteUInt16LittleEndian(output, (ushort)(Signature | (bytes - HeaderBias)));
            return bytes;
        }
        BinaryPrimitives.WriteUInt16LittleEndian(output, (ushort)(Compressed | Signature | (bytes - HeaderBias)));
        return bytes;
    }

    /// <summary>Takes the next chunk off the input.</summary>
    /// <param name="chunk">With its header; empty at the end of the data.</param>
    /// <returns>False for what is no chunk.</returns>
    public static bool TryTakeChunk(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> chunk)
    {
        chunk = default;
        ushort header = input.Length < HeaderBytes ? (ushort)0 : BinaryPrimitives.ReadUInt16LittleEndian(input);
        if (header == 0)
            return true;
        int bytes = (header & LengthMask) + HeaderBias;
        if (bytes > input.Length)
            return false;
        chunk = input[..bytes];
        input = input[bytes..];
        return true;
    }

    /// <summary>Decompresses one chunk, as much of it as the output has room for.</summary>
    /// <returns>Bytes written, or -1 for a chunk that is damaged.</returns>
    public static int DecompressChunk(ReadOnlySpan<byte> chunk, Span<byte> output)
    {
        output = output[..Math.Min(output.Length, ChunkBytes)];
        bool isCompressed = (BinaryPrimitives.ReadUInt16LittleEndian(chunk) & Compressed) != 0;
        ReadOnlySpan<byte> data = chunk[HeaderBytes..];
        if (isCompressed)
            return Unpack(data, output);
        int bytes = Math.Min(data.Length, output.Length);
        data[..bytes].CopyTo(output);
        return bytes;
    }

    private static int Unpack(ReadOnlySpan<byte> data, Span<byte> output)
    {
        int at = 0, done = 0;
        while (at < data.Length && done < output.Length)
        {
            int flags = data[at++];
            for (int i = 0; i < GroupElements && at < data.Length && done < output.Length; i++, flags >>= 1)
            {
                if ((flags & 1) == 0)
                {
                    output[done++] = data[at++];
                    continue;
                }
                if (at + sizeof(ushort) > data.Length)
                    return -1;
                int token = BinaryPrimitives.ReadUInt16LittleEndian(data[at..]);
                at += sizeof(ushort);
                int lengthBits = LengthBits(done);
                int distance = (token >> lengthBits) + 1;
                int length = Math.Min((token & ((1 << lengthBits) - 1)) + RepeatMin, output.Length - done);
                if (distance > done)
                    return -1;
                for (; length > 0; length--, done++)
                    output[done] = output[done - distance]; // It may repeat what it writes.
            }
        }
        return done;
    }

    private static int TryPack(ReadOnlySpan<byte> input, Span<byte> output, Span<ushort> workspace, int searchesMax)
    {
        int room = Math.Min(output.Length, HeaderBytes + input.Length - 1);
        int done = 0, at = HeaderBytes, flagsAt = 0, element = GroupElements;
        workspace[..HashCount].Clear();
        while (done < input.Length)
        {
            if (element == GroupElements)
            {
                (flagsAt, element) = (at++, 0);
                if (flagsAt >= room)
                    return -1;
                output[flagsAt] = 0;
            }
            int length = FindRepeat(input, done, workspace, searchesMax, out int distance);
            if (at + (length == 0 ? 1 : sizeof(ushort)) > room)
                return -1;
            if (length == 0)
            {
                output[at++] = input[done];
                Remember(input, done++, workspace);
            }
            else
            {
                output[flagsAt] |= (byte)(1 << element);
                int token = ((distance - 1) << LengthBits(done)) | (length - RepeatMin);
                BinaryPrimitives.WriteUInt16LittleEndian(output[at..], (ushort)token);
                at += sizeof(ushort);
                for (; length > 0; length--)
                    Remember(input, done++, workspace);
            }
            element++;
        }
        return at;
    }

    private static int FindRepeat(
        ReadOnlySpan<byte> input, int at, ReadOnlySpan<ushort> workspace, int searchesMax, out int distance)
    {
        distance = 0;
        if (at + RepeatMin > input.Length)
            return 0;
        int lengthMax = Math.Min((1 << LengthBits(at)) - 1 + RepeatMin, input.Length - at);
        int best = RepeatMin - 1;
        int place = workspace[HashAt(input, at)];
        for (int searches = 0; place != 0 && searches < searchesMax; searches++)
        {
            int length = input.Slice(at, lengthMax).CommonPrefixLength(input[(place - 1)..]);
            if (length > best)
                (best, distance) = (length, at - (place - 1));
            place = workspace[HashCount + place - 1];
        }
        return distance == 0 ? 0 : best;
    }

    // Places count from 1: 0 is none.
    private static void Remember(ReadOnlySpan<byte> input, int at, Span<ushort> workspace)
    {
        if (at + RepeatMin > input.Length)
            return;
        ref ushort last = ref workspace[HashAt(input, at)];
        workspace[HashCount + at] = last;
        last = (ushort)(at + 1);
    }

    private static int HashAt(ReadOnlySpan<byte> input, int at) =>
        (int)((uint)((input[at] | (input[at + 1] << 8) | (input[at + 2] << 16)) * 0x9E3779B1u) >> 20);

    // Of the sixteen bits of a word, at a place of the chunk.
    private static int LengthBits(int at)
    {
        int bits = 12;
        for (int reach = at - 1; reach >= 0x10; reach >>= 1)
            bits--;
        return bits;
    }
}
