using System.Text;

namespace Hil.Host.Tests.Yaml;

/// <summary>Damaged files: whatever the bytes are, the answer is a model or a HilYamlException, soon.</summary>
public sealed class HilYamlFuzzTests
{
    private const int Rounds = 3_000;

    private static readonly string[] s_tokens =
    [
        "{", "}", "[", "]", "- ", ": ", "\n", "\n  ", "&a ", "*a", "!!x ", "|", ">", "'", "\"", "---\n", "...", "%YAML",
        "? ", "0xffffffffffffffffffff", "9999999G", "u8 ", "any ", "random 99M", "..", "\t", "\0", "é", "<<: ",
    ];

    [Fact]
    public void DamagedFilesAreRefusedInOneWay()
    {
        byte[] sample = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "edu", "hil.yaml"));
        string path = Path.Combine(AppContext.BaseDirectory, "edu", "hil.yaml");
        var random = new Random(1);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] damaged = Damage(sample, random);
            try
            {
                HilYaml.Parse(path, damaged);
            }
            catch (HilYamlException error)
            {
                Assert.True(error.Line > 0 && error.Column > 0, error.Message);
                refused++;
            }
        }
        Assert.InRange(refused, Rounds / 2, Rounds - 1);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    [InlineData("&a [*a, ")]
    public void DeepNestingEndsEarly(string opening)
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(opening, 900_000 / opening.Length)));

        Assert.Throws<HilYamlException>(() => HilYaml.Parse("hil.yaml", text));
    }

    private static byte[] Damage(byte[] sample, Random random)
    {
        List<byte> bytes = [.. sample];
        for (int edits = random.Next(1, 4); edits > 0; edits--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 40)));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(s_tokens[random.Next(s_tokens.Length)]));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    bytes.Add((byte)'\n');
                    break;
            }
        }
        return [.. bytes];
    }
}
