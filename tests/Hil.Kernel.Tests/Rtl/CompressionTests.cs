namespace Hil.Kernel.Tests.Rtl;

public sealed class CompressionTests
{
    private const int SearchesMax = 16;

    private readonly ushort[] _workspace = new ushort[Lznt1.WorkspaceWords];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(256)]
    public void AChunkComesBackAsItWas(int letters)
    {
        var random = new Random(letters);
        for (int round = 0; round < 300; round++)
        {
            byte[] text = new byte[random.Next(1, Lznt1.ChunkBytes + 1)];
            for (int i = 0; i < text.Length; i++)
                text[i] = (byte)random.Next(letters);
            byte[] packed = new byte[Lznt1.ChunkBytes + 2];
            byte[] unpacked = new byte[text.Length];

            int bytes = Lznt1.CompressChunk(text, packed, _workspace, SearchesMax);

            ReadOnlySpan<byte> input = packed.AsSpan(0, bytes);
            Assert.True(Lznt1.TryTakeChunk(ref input, out ReadOnlySpan<byte> chunk));
            Assert.True(input.IsEmpty);
            Assert.Equal(text.Length, Lznt1.DecompressChunk(chunk, unpacked));
            Assert.Equal(text, unpacked);
            Assert.True(bytes <= text.Length + 2);
        }
    }

    [Fact]
    public void TextBecomesSmaller()
    {
        ReadOnlySpan<byte> text = "one two three, one two three, two three one, three one two, one two three"u8;
        byte[] packed = new byte[200];

        int bytes = Lznt1.CompressChunk(text, packed, _workspace, Lznt1.ChunkBytes);

        Assert.InRange(bytes, 3, text.Length * 2 / 3);
        Assert.Equal(0xB0, packed[1] & 0xF0); // compressed, with the signature
        Assert.Equal((byte)'o', packed[3]);
    }

    [Fact]
    public void WhatDoesNotFitIsNotWritten()
    {
        byte[] noise = new byte[100];
        new Random(1).NextBytes(noise);

        Assert.Equal(-1, Lznt1.CompressChunk(noise, new byte[101], _workspace, SearchesMax));
        Assert.Equal(102, Lznt1.CompressChunk(noise, new byte[102], _workspace, SearchesMax));
    }

    /// <summary>Nothing is written beyond the output, nothing read before it.</summary>
    [Fact]
    public void AnyBytesAreDecompressedOrRefused()
    {
        var random = new Random(7);
        byte[] data = new byte[600];
        byte[] output = new byte[Lznt1.ChunkBytes];
        for (int round = 0; round < 20_000; round++)
        {
            random.NextBytes(data);
            data[1] = (byte)(0xB0 | (data[1] & 1)); // a chunk that is compressed, and short
            ReadOnlySpan<byte> input = data;
            if (Lznt1.TryTakeChunk(ref input, out ReadOnlySpan<byte> chunk))
                Assert.InRange(Lznt1.DecompressChunk(chunk, output.AsSpan(0, random.Next(1, output.Length))), -1, 4096);
        }
    }
}
