using System.Buffers.Binary;

namespace Hil.Trace.Tests.Fuzz;

/// <summary>Reads blocks as one would who trusts what they say of themselves: the fuzzer's canary.</summary>
internal static class CredulousReader
{
    public static void Read(string path)
    {
        using TraceReader reader = TraceReader.Open(path);
        foreach (TraceBlock block in reader.Blocks)
            ReadColumns(reader.ReadContent(block));
    }

    private static void ReadColumns(ReadOnlySpan<byte> content)
    {
        int records = BinaryPrimitives.ReadInt32LittleEndian(content);
        int kinds = BinaryPrimitives.ReadInt32LittleEndian(content[4..]);
        int bytes = records + BinaryPrimitives.ReadInt32LittleEndian(content[32..]);
        int at = 36;
        for (int i = 0; i < kinds; i++)
        {
            int columns = content[at + 1];
            at += 8;
            for (; columns > 0; columns--, at += 4)
                bytes += BinaryPrimitives.ReadInt32LittleEndian(content[at..]);
        }
        _ = content.Slice(at, bytes).ToArray();
    }
}
