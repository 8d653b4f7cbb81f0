namespace Hil.Loader.Tests;

public sealed class CorruptImageTests
{
    public static TheoryData<string, string, string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string, string, string>();
        int number = 0;
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "corrupt.txt")))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
                continue;
            string[] cells = line.Split('|', StringSplitOptions.TrimEntries);
            Assert.True(cells.Length == 5, $"corrupt.txt:{number}: {cells.Length} cells");
            cases.Add($"corrupt.txt:{number} {cells[0]}", cells[1], cells[2], cells[3], cells[4]);
        }
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void DamageIsReportedWhereItIs(string name, string image, string patches, string offset, string message)
    {
        var patched = new PatchedImage(Images.Named(image));
        patched.Apply(patches);

        var bad = Assert.Throws<BadDriverImageException>(() => DriverImage.Parse(patched.Bytes, "bad.sys"));

        Assert.Contains(message, bad.Problem, StringComparison.Ordinal);
        Assert.True((uint)patched.Place(offset) == bad.Offset, $"{name}: reported at 0x{bad.Offset:X}: {bad.Problem}");
        Assert.StartsWith("bad.sys: offset 0x", bad.Message, StringComparison.Ordinal);
        Assert.NotEmpty(bad.Remedy);
    }

    [Theory]
    [InlineData("/dev/zero", "larger than any driver")]
    [InlineData("/dev/null", "This is not a PE image")]
    [InlineData("/tmp", "This is a folder")]
    [InlineData("/gone/a.sys", "There is no such file")]
    public void WhateverIsNamedIsReadWithinBounds(string path, string expected)
    {
        var bad = Assert.Throws<BadDriverImageException>(() => DriverImage.ReadFile(path));

        Assert.Contains(expected, bad.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryProperPrefixOfACompiledDriverIsRefused()
    {
        byte[] whole = MingwImage.Exe;

        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<BadDriverImageException>(() => DriverImage.Parse(whole.AsMemory(0, length), "cut.sys"));
    }

    [Fact]
    public void FolderIsABadImage() =>
        Assert.Throws<BadDriverImageException>(() => DriverImage.ReadFile(AppContext.BaseDirectory));
}
