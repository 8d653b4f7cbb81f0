using Hil.Trace.Tests.Fuzz;

namespace Hil.Trace.Tests.Format;

/// <summary>Traces of another version of Hil: the same format, other kinds and fields.</summary>
public sealed class OtherSchemaTests : IDisposable
{
    private const TraceKind Future = (TraceKind)200;

    private readonly TemporaryTrace _trace = new();

    public void Dispose() => _trace.Dispose();

    [Fact]
    public void KindThatIsNotKnownIsReadAsItsSchemaSays()
    {
        var future = new TraceRecordKind(
            Future, "future", "novelties", HasData: true, IsInput: false,
            new TraceField("key"), new TraceField("value", Coding: TraceFieldCoding.Keyed));
        Write([.. TraceSchema.Kinds, future], static block =>
        {
            block.Add(TraceKind.Irql, 1, [2]);
            block.Add(Future, 5, [7, 100], [1, 2, 3]);
            block.Add(Future, 6, [7, 101], [4]);
            block.Add(TraceKind.Irql, 9, [0]);
        });

        using TraceReader reader = TraceReader.Open(_trace.Path);
        TraceRecordKind read = reader.Kinds.Single(static kind => kind.Kind == Future);
        Assert.Equal(("future", "novelties", true), (read.Name, read.Category, read.HasData));
        Assert.Equal(future.Fields, read.Fields);
        Assert.Equal(
            ["Irql 1 2 ", "200 5 7 64 010203", "200 6 7 65 04", "Irql 9 0 "],
            PlainRecord.ReadAll(reader).Select(
                static record => $"{record.Kind} {record.Time} {record.Fields} {record.Data}"));
    }

    [Fact]
    public void PrintOfAnOlderFileIsShownByItsSchema()
    {
        const TraceKind OlderPrint = (TraceKind)74;
        var older = new TraceRecordKind(
            OlderPrint, "print", "irp", false, false, new TraceField("text", TraceFieldMeaning.Text));
        var definitions = new DefinitionTable();
        ulong text = definitions.DefineString("started");
        Write([.. TraceSchema.Kinds, older], block => block.Add(OlderPrint, 1, [text]), definitions);

        using TraceReader reader = TraceReader.Open(_trace.Path);
        using var show = new TraceShow(reader, new TraceFilter());
        Assert.True(show.MoveNext());
        Assert.Equal("print text started", show.Line.Text);
    }

    [Fact]
    public void DataThatIsATextIsKnownFromTheSchema()
    {
        var future = new TraceRecordKind(Future, "note", "novelties", HasData: true, IsInput: false) { IsText = true };
        Write([.. TraceSchema.Kinds, future], static block => block.Add(Future, 1, [], "as it says"u8));

        using TraceReader reader = TraceReader.Open(_trace.Path);
        using var show = new TraceShow(reader, new TraceFilter());
        Assert.True(show.MoveNext());
        Assert.Equal("note as it says", show.Line.Text);
    }

    [Fact]
    public void FieldThatAnOlderFileDoesNotHaveIsZero()
    {
        var older = new TraceRecordKind(TraceKind.BugCheck, "bug-check", "core", false, false, new TraceField("code"));
        Write(Replace(older), static block => block.Add(TraceKind.BugCheck, 1, [0xC4]));

        using TraceReader reader = TraceReader.Open(_trace.Path);
        using TraceCursor cursor = reader.OpenCursor();
        Assert.True(cursor.MoveNext());
        Assert.Equal((1, 0xC4UL, 0UL), (cursor.FieldCount, cursor[0], cursor[1]));
    }

    [Fact]
    public void FieldThatANewerFileHasBesidesIsReadToo()
    {
        TraceField[] fields = [new TraceField("level"), new TraceField("reason")];
        Write(
            Replace(new TraceRecordKind(TraceKind.Irql, "irql", "irql", false, false, fields)),
            static block => block.Add(TraceKind.Irql, 1, [2, 77]));

        using TraceReader reader = TraceReader.Open(_trace.Path);
        using TraceCursor cursor = reader.OpenCursor();
        Assert.True(cursor.MoveNext());
        Assert.Equal((2, 2UL, 77UL), (cursor.FieldCount, cursor[0], cursor[1]));
    }

    [Theory]
    [InlineData("", "the schema in the header")]
    [InlineData("[1]", "the schema in the header")]
    [InlineData("{\"kinds\":[[[[[[[[[[[[]]]]]]]]]]]]}", "depth")]
    [InlineData("{\"kinds\":[]}", "'string'")]
    [InlineData(
        "{\"kinds\":[{\"kind\":300,\"name\":\"x\",\"category\":\"x\",\"data\":false,\"input\":false,\"fields\":[]}]}",
        "range")]
    public void SchemaThatMakesNoSenseIsRefused(string schema, string words)
    {
        var parts = new TraceParts(System.Text.Encoding.UTF8.GetBytes(schema), [], []);
        File.WriteAllBytes(_trace.Path, parts.Seal());

        var e = Assert.Throws<TraceFormatException>(() => TraceReader.Open(_trace.Path));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CodingThatIsNotKnownIsRefusedByName()
    {
        string schema = System.Text.Encoding.UTF8.GetString(TraceSchemaJson.Write(TraceSchema.Kinds));
        byte[] changed = System.Text.Encoding.UTF8.GetBytes(schema.Replace("\"keyed\"", "\"magic\""));
        var parts = new TraceParts(changed, [], []);
        File.WriteAllBytes(_trace.Path, parts.Seal());

        var e = Assert.Throws<TraceFormatException>(() => TraceReader.Open(_trace.Path));
        Assert.Contains("coding 'magic'", e.Message, StringComparison.Ordinal);
    }

    private static TraceRecordKind[] Replace(TraceRecordKind kind) =>
        [.. TraceSchema.Kinds.Select(ours => ours.Kind == kind.Kind ? kind : ours)];

    private void Write(TraceRecordKind[] schema, Action<BlockEncoder> add, DefinitionTable? definitions = null)
    {
        using var block = new BlockEncoder(definitions ?? new DefinitionTable(), schema);
        add(block);
        byte[] content = new byte[block.MeasureContent()];
        block.CopyContent(content);
        File.WriteAllBytes(_trace.Path, new TraceParts(TraceSchemaJson.Write(schema), [content], []).Seal());
    }
}
