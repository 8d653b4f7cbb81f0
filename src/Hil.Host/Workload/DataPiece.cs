using System.Buffers.Binary;

namespace Hil.Host;

/// <summary>One piece of a <see cref="DataPattern"/>.</summary>
internal readonly struct DataPiece
{
    private readonly byte[]? _literal;
    private readonly Source _source;
    private readonly ulong _seed;

    private DataPiece(Source source, int length, ulong seed = 0)
    {
        _source = source;
        _seed = seed;
        Length = length;
    }

    private DataPiece(byte[] literal)
    {
        _literal = literal;
        Length = literal.Length;
    }

    private enum Source : byte
    {
        Literal,
        Zeros,
        Count,
        Random,
        Any,
    }

    public int Length { get; }

    /// <summary>Not compared.</summary>
    public bool IsAny => _source == Source.Any;

    public static DataPiece Literal(byte[] bytes) => new(bytes);

    public static DataPiece Zeros(int length) => new(Source.Zeros, length);

    public static DataPiece Count(int length) => new(Source.Count, length);

    public static DataPiece Any(int length) => new(Source.Any, length);

    public static DataPiece Random(int length, ulong seed) => new(Source.Random, length, seed);

    /// <summary>Writes the bytes; <paramref name="target"/> is zero and has this piece's length.</summary>
    public void Fill(Span<byte> target)
    {
        switch (_source)
        {
            case Source.Literal:
                _literal.CopyTo(target);
                break;
            case Source.Count:
                for (int i = 0; i < target.Length; i++)
                    target[i] = (byte)i;
                break;
            case Source.Random:
                FillRandom(target, _seed);
                break;
        }
    }

    // SplitMix64, as docs/hil-yaml.md spells it out.
    private static void FillRandom(Span<byte> target, ulong state)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (int at = 0; at < target.Length; at += sizeof(ulong))
        {
            state = unchecked(state + 0x9e3779b97f4a7c15);
            ulong z = state;
            z = unchecked((z ^ (z >> 30)) * 0xbf58476d1ce4e5b9);
            z = unchecked((z ^ (z >> 27)) * 0x94d049bb133111eb);
            BinaryPrimitives.WriteUInt64LittleEndian(word, z ^ (z >> 31));
            word[..Math.Min(word.Length, target.Length - at)].CopyTo(target[at..]);
        }
    }
}
