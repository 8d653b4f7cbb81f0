using System.Buffers.Binary;

namespace Hil.Trace.Tests.Fuzz;

/// <summary>Ways to damage a trace, drawn from a seed.</summary>
internal sealed class TraceMutations(TraceParts sound, byte[] soundFile, int seed)
{
    private static readonly uint[] s_interesting =
        [0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x1_0000, 0x1_0001, 0x20_0000, 0x7FFF_FFFF, 0x8000_0000, uint.MaxValue];

    private readonly Random _random = new(seed);

    /// <summary>A variant whose checksums nobody mended: what comes out of it must be what went in, or
    /// nothing.</summary>
    public byte[] Unsealed()
    {
        byte[] variant = _random.Next(8) == 0 ? soundFile[.._random.Next(soundFile.Length)] : [.. soundFile];
        if (_random.Next(8) == 0)
            variant = [.. variant, .. soundFile.AsSpan(_random.Next(soundFile.Length))];
        Damage(variant);
        return variant;
    }

    /// <summary>A variant whose checksums are right: what a program would make that means harm.</summary>
    public byte[] Sealed()
    {
        TraceParts parts = sound.Copy();
        switch (_random.Next(8))
        {
            case 0:
                parts.Schema = Resize(parts.Schema);
                Damage(parts.Schema);
                break;
            case 1:
                parts.Index = Resize(parts.Index);
                Damage(parts.Index);
                break;
            case 2:
                parts.Contents.Insert(_random.Next(parts.Contents.Count + 1), Any(parts.Contents));
                break;
            default:
                int number = _random.Next(parts.Contents.Count);
                parts.Contents[number] = Resize(parts.Contents[number]);
                Damage(parts.Contents[number]);
                break;
        }
        if (_random.Next(2) == 0)
            parts.Index = [];
        return parts.Seal();
    }

    private T Any<T>(List<T> items) => items[_random.Next(items.Count)];

    private byte[] Resize(byte[] bytes) => _random.Next(12) switch
    {
        0 => bytes[.._random.Next(bytes.Length + 1)],
        1 => [.. bytes, .. new byte[_random.Next(1, 100)]],
        _ => bytes,
    };

    // Half of it goes to the beginning, where counts and lengths are.
    private void Damage(byte[] bytes)
    {
        for (int changes = _random.Next(1, 5); changes > 0 && bytes.Length > 0; changes--)
        {
            int at = _random.Next(_random.Next(2) == 0 ? Math.Min(bytes.Length, 0x80) : bytes.Length);
            switch (_random.Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)_random.Next(256);
                    break;
                case 2:
                    bytes[at] = (byte)(_random.Next(2) == 0 ? 0 : 0xFF);
                    break;
                default:
                    at = Math.Max(0, Math.Min(at & ~3, bytes.Length - sizeof(uint)));
                    if (bytes.Length >= sizeof(uint))
                    {
                        BinaryPrimitives.WriteUInt32LittleEndian(
                            bytes.AsSpan(at), s_interesting[_random.Next(s_interesting.Length)]);
                    }
                    break;
            }
        }
    }
}
