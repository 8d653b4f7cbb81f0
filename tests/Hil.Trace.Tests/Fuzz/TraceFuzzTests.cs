using System.Diagnostics;
using System.Globalization;
using Hil.Trace.Tests.Format;

namespace Hil.Trace.Tests.Fuzz;

/// <summary>Traces of the corpus, damaged in thousands of ways; HIL_FUZZ_SECONDS makes each test go on for longer. To
/// look at a failure, run the seed and number that it names. The corpus grows by files that earlier versions wrote:
/// copy them to tests/golden/traces-corpus.</summary>
public sealed class TraceFuzzTests : IDisposable
{
    private const int Variants = 1_000;
    private const string SecondsVariable = "HIL_FUZZ_SECONDS";

    // One variant may take a block's largest size a few times over, and no more.
    private const long AllocatedBytesMax = 128 << 20;

    /// <summary>Far above what the variants cost; one that loops goes over it.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan s_longer = TimeSpan.FromSeconds(double.Parse(
        Environment.GetEnvironmentVariable(SecondsVariable) ?? "0", CultureInfo.InvariantCulture));

    private readonly TemporaryTrace _trace = new();

    public static TheoryData<string> Corpus =>
        [.. Directory.GetFiles(CorpusFolder).Order(StringComparer.Ordinal).Select(file => Path.GetFileName(file)!)];

    private static string CorpusFolder => Path.Combine(AppContext.BaseDirectory, "traces-corpus");

    public void Dispose() => _trace.Dispose();

    [Theory]
    [MemberData(nameof(Corpus))]
    public void CorpusCanBeRead(string file)
    {
        Assert.NotEmpty(PlainRecord.ReadAll(Path.Combine(CorpusFolder, file)));
    }

    [Theory]
    [MemberData(nameof(Corpus))]
    public void DamagedTraceGivesNoRecordThatWasNotInIt(string file)
    {
        string path = Path.Combine(CorpusFolder, file);
        var sound = PlainRecord.ReadAll(path).ToDictionary(static record => record.Sequence);
        Fuzz(file, static mutations => mutations.Unsealed(), variant =>
        {
            var options = new TraceReaderOptions { Damaged = DamagedBlocks.Skip };
            foreach (PlainRecord record in PlainRecord.ReadAll(variant, options))
                Assert.Equal(sound[record.Sequence], record);
        });
    }

    [Theory]
    [MemberData(nameof(Corpus))]
    public void HostileTraceIsReadOrRefusedButNothingElse(string file) =>
        Fuzz(file, static mutations => mutations.Sealed(), static variant => PlainRecord.ReadAll(variant));

    [Theory]
    [MemberData(nameof(Corpus))]
    public void HostileTraceIsRepairedOrRefusedButNothingElse(string file) =>
        Fuzz(file, static mutations => mutations.Sealed(), static variant => TraceRepair.Repair(variant));

    /// <summary>If the fuzzer would not notice a reader that believes what it reads, it would notice nothing.</summary>
    [Fact]
    public void FuzzerNoticesReaderThatBelievesLengths()
    {
        string file = "blocks.hiltrace";
        Assert.Throws<InvalidOperationException>(
            () => Fuzz(file, static mutations => mutations.Sealed(), CredulousReader.Read));
    }

    [Fact]
    public void FuzzerNoticesReaderThatSkipsChecksums()
    {
        string file = "blocks.hiltrace";
        string path = Path.Combine(CorpusFolder, file);
        var sound = PlainRecord.ReadAll(path).ToDictionary(static record => record.Sequence);
        Assert.Throws<Xunit.Sdk.EqualException>(() => Fuzz(file, static mutations => mutations.Sealed(), variant =>
        {
            foreach (PlainRecord record in PlainRecord.ReadAll(variant))
                Assert.Equal(sound[record.Sequence], record);
        }));
    }

    private void Fuzz(string file, Func<TraceMutations, byte[]> mutate, Action<string> use)
    {
        int seed = file.Length;
        string path = Path.Combine(CorpusFolder, file);
        var mutations = new TraceMutations(TraceParts.Of(path), File.ReadAllBytes(path), seed);
        var clock = Stopwatch.StartNew();
        int refused = 0;
        int i = 0;
        for (; i < Variants || clock.Elapsed < s_longer; i++)
        {
            File.WriteAllBytes(_trace.Path, mutate(mutations));
            if (!TryUse(use, $"{file}, seed {seed}, variant {i}"))
                refused++;
            Assert.True(clock.Elapsed < s_limit + s_longer, $"{file}, seed {seed}: only {i} variants in {s_limit}");
        }
        Assert.InRange(refused, 1, i - 1);
    }

    private bool TryUse(Action<string> use, string variant)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            use(_trace.Path);
            return true;
        }
        catch (TraceFormatException e)
        {
            Assert.InRange(e.Offset, 0, long.MaxValue);
            return false;
        }
        catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
        {
            throw new InvalidOperationException($"{variant}: {e.Message}", e);
        }
        finally
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < AllocatedBytesMax, $"{variant}: {allocated:N0} bytes");
        }
    }
}
