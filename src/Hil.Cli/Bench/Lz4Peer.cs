using System.Runtime.InteropServices;
using Hil.Trace;

namespace Hil.Cli.Bench;

/// <summary>liblz4 alone on the bytes of a trace's blocks, as `lz4 -1` would compress them.</summary>
internal sealed unsafe class Lz4Peer
{
    private readonly List<byte[]> _contents = [];
    private readonly int _repeats;

    /// <summary>Takes some blocks of a trace; compressing them stands for all of its blocks.</summary>
    public Lz4Peer(TraceReader reader)
    {
        const int Sample = 32;
        foreach (TraceBlock block in reader.Blocks.Take(Sample))
            _contents.Add(reader.ReadContent(block));
        _repeats = reader.Blocks.Count / _contents.Count;
    }

    public void Compress()
    {
        int capacity = Lz4.BoundOf(_contents.Max(static content => content.Length));
        byte* to = (byte*)NativeMemory.Alloc((nuint)capacity);
        for (int i = 0; i < _repeats; i++)
        {
            foreach (byte[] content in _contents)
            {
                fixed (byte* from = content)
                    Lz4.Compress(to, capacity, from, content.Length);
            }
        }
        NativeMemory.Free(to);
    }
}
