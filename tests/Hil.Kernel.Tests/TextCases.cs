using System.Globalization;
using System.Text;

namespace Hil.Kernel.Tests;

/// <summary>Test matrices as text files beside their tests: one case a line, fields parted by blanks, text in double
/// quotes with C's escapes; '#' starts a comment. A failing case is named by file and line.</summary>
public static class TextCases
{
    public static IEnumerable<TheoryDataRow<string, string[]>> Read(string file)
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, file));
        for (int i = 0; i < lines.Length; i++)
        {
            string[] fields = Split(lines[i]);
            if (fields.Length > 0)
                yield return new TheoryDataRow<string, string[]>($"{file}:{i + 1}", fields);
        }
    }

    private static string[] Split(string line)
    {
        var fields = new List<string>();
        for (int at = 0; at < line.Length;)
        {
            if (line[at] == '#')
                break;
            if (line[at] == ' ')
                at++;
            else
                fields.Add(ReadField(line, ref at));
        }
        return [.. fields];
    }

    private static string ReadField(string line, ref int at)
    {
        var field = new StringBuilder();
        bool isQuoted = false;
        for (; at < line.Length && (isQuoted || line[at] != ' '); at++)
        {
            if (line[at] == '"')
                isQuoted = !isQuoted;
            else if (line[at] == '\\' && isQuoted)
                field.Append(Unescape(line, ref at));
            else
                field.Append(line[at]);
        }
        return field.ToString();
    }

    private static char Unescape(string line, ref int at)
    {
        at++;
        if (line[at] is not ('u' or 'x'))
            return line[at] switch { 'n' => '\n', 't' => '\t', '0' => '\0', char other => other };
        int digits = line[at] == 'u' ? 4 : 2;
        int code = int.Parse(line.AsSpan(at + 1, digits), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        at += digits;
        return (char)code;
    }
}
