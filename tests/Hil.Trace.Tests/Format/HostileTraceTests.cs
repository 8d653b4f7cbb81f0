using System.Buffers.Binary;
using Hil.Trace.Tests.Fuzz;

namespace Hil.Trace.Tests.Format;

/// <summary>Traces with right checksums that lie. The fuzzer finds what is not thought of here.</summary>
public sealed class HostileTraceTests : IDisposable
{
    private const int CountAt = 40, FirstLengthAt = 44;

    private readonly TemporaryTrace _trace = new();

    public void Dispose() => _trace.Dispose();

    [Fact]
    public void BombIsRefusedForWhatIsInIt()
    {
        Write(new byte[TraceFormat.BlockBytesMax]);
        Assert.Contains("columns do not fill it", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void BombThatIsLargerThanBlocksMayBeIsNotUnpacked()
    {
        long headerBytes = Write(new byte[TraceFormat.BlockBytesMax + 1]);
        using TraceReader reader = TraceReader.Open(_trace.Path);
        Assert.Empty(reader.Blocks);
        Assert.Contains(reader.Problems, problem =>
            problem.Kind == TraceProblemKind.TornTail && problem.Offset == headerBytes);
    }

    [Fact]
    public void ContentSizeThatLz4CannotReachIsNotBelieved()
    {
        long headerBytes = Write(OneIrql());
        byte[] file = File.ReadAllBytes(_trace.Path);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan((int)headerBytes + 6), TraceFormat.BlockBytesMax);
        File.WriteAllBytes(_trace.Path, file);

        using TraceReader reader = TraceReader.Open(_trace.Path);
        Assert.Empty(reader.Blocks);
    }

    [Theory]
    [InlineData(0, 0u)]
    [InlineData(0, 2u)]
    [InlineData(0, 65_537u)]
    [InlineData(0, uint.MaxValue)]
    [InlineData(4, 0u)]
    [InlineData(4, 2u)]
    [InlineData(4, uint.MaxValue)]
    [InlineData(12, 0x8000_0000u)]
    [InlineData(32, 0u)]
    [InlineData(32, uint.MaxValue)]
    [InlineData(CountAt, 0u)]
    [InlineData(CountAt, 2u)]
    [InlineData(CountAt, uint.MaxValue)]
    [InlineData(FirstLengthAt, 0u)]
    [InlineData(FirstLengthAt, 2u)]
    [InlineData(FirstLengthAt, 0xFFFF_FFFFu)]
    public void CountOrLengthThatDoesNotFitIsRefused(int at, uint value)
    {
        byte[] content = OneIrql();
        BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(at), value);
        Write(content);
        Assert.Contains("block 0", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void NumberOfMoreThanTenBytesIsRefused()
    {
        byte[] content = OneIrql();
        BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(FirstLengthAt), 11);
        Write([.. content[..^1], .. Enumerable.Repeat((byte)0xFF, 10), 1]);
        Assert.Contains("field 0 of kind 44", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void TextThatNobodyDefinedIsRefused()
    {
        using (TraceWriter writer = TraceWriter.Create(_trace.Path))
            writer.Add(TraceKind.Violation, 0, 0, writer.DefineString("x"));
        TraceParts parts = TraceParts.Of(_trace.Path);
        parts.Contents[0][^1] = 10; // the id in the last column: 5 instead of 1
        File.WriteAllBytes(_trace.Path, parts.Seal());

        Assert.Contains("string 5 is not defined", Refusal(), StringComparison.Ordinal);
    }

    private long Write(byte[] content)
    {
        byte[] schema = TraceSchemaJson.Write(TraceSchema.Kinds);
        File.WriteAllBytes(_trace.Path, new TraceParts(schema, [content], []).Seal());
        return TraceHeader.Write(DateTimeOffset.UnixEpoch).Length;
    }

    // One kind, one record, one column of one byte: the last.
    private static byte[] OneIrql()
    {
        using var block = new BlockEncoder(new DefinitionTable(), TraceSchema.Kinds);
        block.Add(TraceKind.Irql, 0, [2]);
        byte[] content = new byte[block.MeasureContent()];
        block.CopyContent(content);
        return content;
    }

    private string Refusal() => Assert.Throws<TraceFormatException>(() => PlainRecord.ReadAll(_trace.Path)).Message;
}
