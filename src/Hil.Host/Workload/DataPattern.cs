using System.Collections.Immutable;

namespace Hil.Host;

/// <summary>Bytes as a workload describes them. They are made when they are needed.</summary>
public sealed class DataPattern
{
    /// <summary>Longest data of one request.</summary>
    public const int LengthMax = 16 << 20;

    private const int KeptLengthMax = 1 << 20; // Larger ones are made again each time rather than kept by the dozen.

    private readonly ImmutableArray<DataPiece> _pieces;
    private byte[]? _bytes;

    internal DataPattern(ImmutableArray<DataPiece> pieces)
    {
        _pieces = pieces;
        Length = pieces.Sum(piece => piece.Length);
    }

    public static DataPattern Empty { get; } = new([]);

    public int Length { get; }

    /// <summary>The bytes; those that are not compared are zero. Not to be written to.</summary>
    public ReadOnlyMemory<byte> Bytes
    {
        get
        {
            byte[] bytes = _bytes ?? Make();
            if (bytes.Length <= KeptLengthMax)
                _bytes = bytes;
            return bytes;
        }
    }

    /// <summary>Offset of the first byte of <paramref name="actual"/> that is not as described, or -1.</summary>
    public int FindDifference(ReadOnlySpan<byte> actual)
    {
        ReadOnlySpan<byte> expected = Bytes.Span;
        int at = 0;
        foreach (DataPiece piece in _pieces)
        {
            int length = Math.Min(piece.Length, actual.Length - at);
            if (length <= 0)
                break;
            int same = piece.IsAny ? length : actual.Slice(at, length).CommonPrefixLength(expected.Slice(at, length));
            if (same < length)
                return at + same;
            at += length;
        }
        return -1;
    }

    private byte[] Make()
    {
        byte[] bytes = new byte[Length];
        int at = 0;
        foreach (DataPiece piece in _pieces)
        {
            piece.Fill(bytes.AsSpan(at, piece.Length));
            at += piece.Length;
        }
        return bytes;
    }
}
