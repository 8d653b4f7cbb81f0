using System.Text;

namespace Hil.Host.Tests.Yaml;

public sealed class HilYamlErrorTests : IDisposable
{
    private readonly SampleFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string>();
        (string Name, StringBuilder Text)? open = null;
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Yaml", "errors.txt")))
        {
            if (line.StartsWith("=== ", StringComparison.Ordinal))
                open = (line[4..], new StringBuilder());
            else if (line.StartsWith(">>> ", StringComparison.Ordinal))
                cases.Add(open!.Value.Name, open.Value.Text.ToString(), line[4..]);
            else
                open?.Text.Append(line).Append('\n');
        }
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void FirstErrorIsReportedAtItsPlace(string claim, string text, string expected)
    {
        var error = Assert.Throws<HilYamlException>(() => _folder.Parse(text));

        string actual = error.Message.Replace(_folder.Path + "/", "", StringComparison.Ordinal);
        if (expected.EndsWith('*'))
            Assert.StartsWith(expected[..^1], actual, StringComparison.Ordinal);
        else
            Assert.True(expected == actual, $"{claim}\nexpected: {expected}\nactual:   {actual}");
    }

    [Fact]
    public void MissingFileSaysWhatRunTakes()
    {
        var error = Assert.Throws<HilYamlException>(() => HilYaml.ReadFile("gone/hil.yaml"));

        Assert.Equal("gone/hil.yaml: no such file; hil run takes a folder with a hil.yaml, or a .sys file",
            error.Message);
    }

    [Fact]
    public void FileOfMoreThanOneMegabyteIsRefused()
    {
        var error = Assert.Throws<HilYamlException>(() => _folder.Parse(new string(' ', (1 << 20) + 1)));

        Assert.Equal("larger than 1 MB", error.Problem);
    }

    [Fact]
    public void BytesThatAreNotUtf8AreNamedByLineAndColumn()
    {
        var error = Assert.Throws<HilYamlException>(() => HilYaml.Parse(_folder.FilePath, [.. "driver:\n  "u8, 0xff]));

        Assert.Equal((2, 3), (error.Line, error.Column));
    }

    [Fact]
    public void AliasesCannotMakeAFileOfMillionsOfSteps()
    {
        string ten = string.Join(", ", Enumerable.Repeat("*s", 64));
        string text = "driver: {sources: [a.c]}\nworkload:\n" +
            "  - &r1 {repeat: 1, steps: [" + string.Join(", ", Enumerable.Repeat("{pnp: start}", 64)) + "]}\n" +
            "  - &r2 {repeat: 1, steps: [" + ten.Replace("*s", "*r1", StringComparison.Ordinal) + "]}\n" +
            "  - &r3 {repeat: 1, steps: [" + ten.Replace("*s", "*r2", StringComparison.Ordinal) + "]}\n";

        var error = Assert.Throws<HilYamlException>(() => _folder.Parse(text));

        Assert.Equal("more than 65536 steps", error.Problem);
    }
}
