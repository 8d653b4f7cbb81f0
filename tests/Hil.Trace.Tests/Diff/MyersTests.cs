namespace Hil.Trace.Tests.Diff;

public sealed class MyersTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "abc", 3)]
    [InlineData("abc", "", 0)]
    [InlineData("abcabba", "cbabac", 4)]
    [InlineData("xaxbxc", "aybycy", 3)]
    [InlineData("aaaa", "aa", 2)]
    public void PairsAreAsManyAsPossible(string a, string b, int expected) => Assert.Equal(expected, Align(a, b).Count);

    [Fact]
    public void RandomSequencesAlignAsWellAsByTheTable()
    {
        var random = new Random(5);
        for (int round = 0; round < 300; round++)
        {
            string a = RandomText(random), b = RandomText(random);
            List<(int A, int B)> pairs = Align(a, b);
            Assert.All(pairs, pair => Assert.Equal(a[pair.A], b[pair.B]));
            Assert.All(pairs.Zip(pairs.Skip(1)), static next =>
                Assert.True(next.First.A < next.Second.A && next.First.B < next.Second.B));
            Assert.Equal(LongestCommon(a, b), pairs.Count);
        }
    }

    [Fact]
    public void SequencesWithNothingInCommonEndTheSearch()
    {
        int[] a = [.. Enumerable.Range(0, 100_000)], b = [.. Enumerable.Range(200_000, 100_000)];
        Assert.Empty(Myers.Align<int>(a, b));
    }

    private static List<(int A, int B)> Align(string a, string b) => Myers.Align<char>(a, b);

    private static string RandomText(Random random) =>
        new([.. Enumerable.Range(0, random.Next(40)).Select(_ => (char)('a' + random.Next(3)))]);

    private static int LongestCommon(string a, string b)
    {
        int[,] table = new int[a.Length + 1, b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                table[i, j] = a[i - 1] == b[j - 1]
                    ? table[i - 1, j - 1] + 1
                    : Math.Max(table[i - 1, j], table[i, j - 1]);
            }
        }
        return table[a.Length, b.Length];
    }
}
