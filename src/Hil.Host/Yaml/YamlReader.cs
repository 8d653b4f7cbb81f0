using System.Globalization;
using System.Text;
using Hil.Loader;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Hil.Host.Yaml;

// YamlDotNet's parser gives events with their places; everything above that (types, reflection, implicit conversions)
// is not used, so that every error can say where it is and nothing is loaded that a run does not need.

/// <summary>Reads the text of a file into nodes. Whatever the bytes are, the result is nodes or a
/// HilYamlException.</summary>
internal sealed class YamlReader
{
    private const long FileBytesMax = 1 << 20;

    /// <summary>Steps nest four deep, two levels each, below a list in a map; the rest is damage.</summary>
    private const int DepthMax = 32;

    private readonly string _path;
    private readonly string _text;
    private readonly Parser _parser;
    private readonly Dictionary<string, YamlNode> _anchors = [];

    private YamlReader(string path, string text)
    {
        _path = path;
        _text = text;
        _parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
    }

    /// <summary>Reads a file from disk.</summary>
    /// <param name="wanted">What is said when there is none.</param>
    public static YamlNode ReadFile(string path, string wanted)
    {
        try
        {
            return Read(path, InputFile.Read(path, FileBytesMax) ?? throw TooLarge(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HilYamlException(path, 0, 0,
                e is FileNotFoundException or DirectoryNotFoundException
                    ? $"{(Directory.Exists(path) ? "is a folder" : "no such file")}; {wanted}"
                    : e.Message, e);
        }
    }

    public static YamlNode Read(string path, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > FileBytesMax)
            throw TooLarge(path);
        return new YamlReader(path, Decode(path, bytes)).ReadDocument();
    }

    private static HilYamlException TooLarge(string path) => new(path, 1, 1, "larger than 1 MB");

    private static string Decode(string path, ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            ReadOnlySpan<byte> before = bytes[..Math.Clamp(e.Index, 0, bytes.Length)];
            int column = before.Length - before.LastIndexOf((byte)'\n');
            throw new HilYamlException(path, before.Count((byte)'\n') + 1, column, "not valid YAML: not UTF-8", e);
        }
    }

    private YamlNode ReadDocument()
    {
        try
        {
            _parser.Consume<StreamStart>();
            if (_parser.TryConsume<StreamEnd>(out _))
                return new YamlScalar(1, 1, "", isQuoted: false);
            _parser.Consume<DocumentStart>();
            YamlNode root = ReadNode(0);
            _parser.Consume<DocumentEnd>();
            if (_parser.Accept<DocumentStart>(out var second))
                throw Fault(second.Start, "only one document is allowed");
            return root;
        }
        catch (YamlException e)
        {
            (int line, int column) = PlaceOf(e);
            throw new HilYamlException(_path, line, column, $"not valid YAML: {WordsOf(e)}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The parser's own slips on damaged text.
            throw Fault(_parser.Current?.End ?? Mark.Empty, $"not valid YAML: {e.Message}", e);
        }
    }

    private YamlNode ReadNode(int depth)
    {
        ParsingEvent next = _parser.Current ?? throw new InvalidOperationException("the document ends too early");
        if (depth > DepthMax)
            throw Fault(next.Start, $"nested more than {DepthMax} deep");
        if (next is AnchorAlias alias)
            return ReadAlias(alias);
        if (next is not NodeEvent start)
            throw Fault(next.Start, "not valid YAML: a value is missing");
        if (!start.Tag.IsEmpty)
            throw Fault(start.Start, "tags are not allowed");
        YamlNode node = start switch
        {
            Scalar scalar => ReadScalar(scalar),
            SequenceStart => ReadList(start, depth),
            _ => ReadMap(start, depth),
        };
        if (!start.Anchor.IsEmpty)
            _anchors[start.Anchor.Value] = node;
        return node;
    }

    private YamlNode ReadAlias(AnchorAlias alias)
    {
        _parser.MoveNext();
        return _anchors.GetValueOrDefault(alias.Value.Value)
            ?? throw Fault(alias.Start, $"not valid YAML: nothing is anchored as '{alias.Value.Value}' before");
    }

    private YamlScalar ReadScalar(Scalar scalar)
    {
        _parser.MoveNext();
        return new YamlScalar(
            LineOf(scalar.Start), ColumnOf(scalar.Start), scalar.Value, scalar.Style != ScalarStyle.Plain);
    }

    private YamlList ReadList(NodeEvent start, int depth)
    {
        _parser.MoveNext();
        var list = new YamlList(LineOf(start.Start), ColumnOf(start.Start));
        while (!_parser.TryConsume<SequenceEnd>(out _))
            list.Items.Add(ReadNode(depth + 1));
        return list;
    }

    private YamlMap ReadMap(NodeEvent start, int depth)
    {
        _parser.MoveNext();
        var map = new YamlMap(LineOf(start.Start), ColumnOf(start.Start));
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            YamlNode key = ReadNode(depth + 1);
            if (key is not YamlScalar name)
                throw new HilYamlException(_path, key.Line, key.Column, "a key must be a text");
            map.Entries.Add((name, ReadNode(depth + 1)));
        }
        return map;
    }

    // Of a tab the parser gives only the map that it stands in.
    private (int Line, int Column) PlaceOf(YamlException e)
    {
        (int line, int column) = (LineOf(e.Start), ColumnOf(e.Start));
        if (!e.Message.Contains(" tab", StringComparison.Ordinal))
            return (line, column);
        string[] lines = _text.Split('\n');
        for (int i = line; i <= lines.Length; i++)
        {
            string indentation = lines[i - 1][..^lines[i - 1].TrimStart(' ', '\t').Length];
            if (indentation.IndexOf('\t') is >= 0 and var tab)
                return (i, tab + 1);
        }
        return (line, column);
    }

    private HilYamlException Fault(Mark mark, string problem, Exception? inner = null) =>
        new(_path, LineOf(mark), ColumnOf(mark), problem, inner);

    private static int LineOf(Mark mark) => Math.Max(1, Convert.ToInt32(mark.Line, CultureInfo.InvariantCulture));

    private static int ColumnOf(Mark mark) => Math.Max(1, Convert.ToInt32(mark.Column, CultureInfo.InvariantCulture));

    private static string WordsOf(YamlException e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.');
}
