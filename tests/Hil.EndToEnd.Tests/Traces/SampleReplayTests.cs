using System.Security.Cryptography;
using Hil.EndToEnd.Tests.Cli;
using Hil.Trace;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>The sample drivers with their whole workloads, by the commands a user has.</summary>
[Collection(nameof(TraceCollection))]
public sealed class SampleReplayTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hil-trace-");

    private static string Sample => Path.Combine(TestDrivers.Root, "samples", "drivers", "edu");

    [Theory]
    [InlineData()]
    [InlineData("--managed")]
    public async Task WholeWorkloadIsReplayedExactly(params string[] options)
    {
        (int exitCode, string output) = await HilProcess.RunAsync(
            ["run", Sample, .. options, "--capture", PathOf("run.hiltrace")]);
        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain("not exact", output, StringComparison.Ordinal);

        string[] driver = options.Length == 0 ? [] : ["--driver", ManagedSample];
        (exitCode, output) = await HilProcess.RunAsync(
            ["replay", PathOf("run.hiltrace"), .. driver, "--capture", PathOf("again.hiltrace")]);

        Assert.True(exitCode == 0, output);
        Assert.Null(TraceComparison.FindDifference(PathOf("run.hiltrace"), PathOf("again.hiltrace")));

        // What a replay wrote down is a trace like any other.
        (exitCode, output) = await HilProcess.RunAsync(["replay", PathOf("again.hiltrace"), .. driver]);
        Assert.True(exitCode == 0, output);
        Assert.EndsWith("the same run", output.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CommandSaysThatARunIsNotExact()
    {
        (int exitCode, string output) = await HilProcess.RunAsync(
            "run", TestDrivers.Image("gencode"), "--workload", Path.Combine(TestDrivers.Sources, "gencode.yaml"),
            "--capture", PathOf("run.hiltrace"));

        Assert.True(exitCode == 0, output);
        Assert.Matches(@"not exact +code runs at 0x[0-9a-f]+, in memory that is no driver image", output);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>An assembly of the name of one that lies beside hil, which is not meant then.</summary>
    [Fact]
    public async Task OtherBuildOfAManagedDriverIsTheOneThatIsReplayed()
    {
        string other = PathOf("Hil.Samples.dll");
        File.WriteAllBytes(other, [.. File.ReadAllBytes(ManagedSample), 0]);

        (int exitCode, string output) = await HilProcess.RunAsync(
            "replay", GoldenTraces.PathOf(EduKind.Managed), "--driver", other);

        Assert.True(exitCode == 0, output);
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(other)));
        Assert.Contains($"another build of the driver: sha256 {sha256[..16]}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NativeDriverIsNotReplayedInPlaceOfAManagedOne()
    {
        (int exitCode, string output) = await HilProcess.RunAsync(
            "replay", GoldenTraces.PathOf(EduKind.Managed), "--driver", TestDrivers.Image("edu"));

        Assert.True(exitCode == 3, output);
        Assert.Contains("is no .NET assembly; the driver is Hil.Samples.Edu.EduDriver, in C#", output,
            StringComparison.Ordinal);
    }

    private static string ManagedSample =>
        Path.Combine(Path.GetDirectoryName(HilProcess.Path)!, "Hil.Samples.dll");

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);
}
