using Hil.Kernel;
using Hil.Wdm;

namespace Hil.Host.Tests.Yaml;

public sealed class HilYamlTests : IDisposable
{
    private readonly SampleFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void SampleOfTheEducationalDeviceIsRead()
    {
        HilYaml file = HilYaml.ReadFile(Path.Combine(AppContext.BaseDirectory, "edu", "hil.yaml"));

        Assert.Equal("edu", file.Driver!.Name);
        Assert.Equal(((ushort, ushort)?)(0x1234, 0x11e8), file.Device!.Match);
        Assert.Equal(InterruptPreference.Message, file.Device.Interrupts);
        Assert.Equal(0x222004u, file.Ioctls["factorial"]);
        Assert.IsType<OpenStep>(file.Workload[0]);
        Assert.Contains(file.Workload, step => step is RepeatStep { Count: 1000, Steps.Length: 1 });
    }

    [Fact]
    public void DriverTakesTheNameOfItsFolder()
    {
        HilYaml file = _folder.Parse("driver: {sources: [a.c]}");

        Assert.Equal("sample", file.Driver!.Name);
        Assert.Equal([Path.Combine(_folder.Path, "a.c")], file.Driver.Sources);
        Assert.Null(file.Device);
        Assert.Equal(256UL << 20, file.Machine.MemoryBytes);
    }

    [Fact]
    public void ArgumentsOfTheDeviceKnowTheFolder()
    {
        HilYaml file = _folder.Parse(
            "driver: {sources: [a.c]}\ndevice: {qemu: nvme, arguments: [-drive, 'file={folder}/a.img']}");

        Assert.Equal(["-drive", $"file={_folder.Path}/a.img"], file.Device!.Arguments);
    }

    [Fact]
    public void ParametersAreNumbersOrTexts()
    {
        HilYaml file = _folder.Parse("driver: {sources: [a.c], parameters: {Depth: 0x10, Label: abc, Digits: \"7\"}}");

        Assert.Equal(16u, file.Driver!.Parameters["Depth"]);
        Assert.Equal("abc", file.Driver.Parameters["Label"]);
        Assert.Equal("7", file.Driver.Parameters["Digits"]);
    }

    [Theory]
    [InlineData("u8 1 2 0xff", "0102FF")]
    [InlineData("u16 0x1234, u32 5", "341205000000")]
    [InlineData("u64 1", "0100000000000000")]
    [InlineData("hex 0a0b ff", "0A0BFF")]
    [InlineData("text \"a,\\\"b\\n\\0\"", "612C22620A00")]
    [InlineData("wtext \"hi\"", "68006900")]
    [InlineData("zeros 3, count 3", "000000000102")]
    public void DataBecomeBytes(string data, string expected)
    {
        var step = (RequestStep)_folder.Parse(
            $"driver: {{sources: [a.c]}}\nworkload:\n  - open: device\n  - write: '{data}'").Workload[1];

        Assert.Equal(expected, Convert.ToHexString(step.Input.Bytes.Span));
    }

    [Fact]
    public void RandomDataAreSplitMix64()
    {
        var step = (RequestStep)_folder.Parse(
            "driver: {sources: [a.c]}\nworkload:\n  - open: device\n  - write: random 8").Workload[1];

        // The first output for seed 0, as its author's C program prints it.
        Assert.Equal(0xE220A8397B1DCDAFul, BitConverter.ToUInt64(step.Input.Bytes.Span));
    }

    [Fact]
    public void BytesThatAreAnyAreNotCompared()
    {
        var step = (RequestStep)_folder.Parse(
            "driver: {sources: [a.c]}\nworkload:\n  - open: device\n  - read: u8 1, any 2, u8 4").Workload[1];

        Assert.Equal(-1, step.Output.FindDifference([1, 77, 88, 4]));
        Assert.Equal(3, step.Output.FindDifference([1, 77, 88, 5]));
        Assert.Equal(-1, step.Output.FindDifference([1, 77]));
    }

    [Fact]
    public void StepsHaveTheirLineAndTheirDefaults()
    {
        var step = (RequestStep)_folder.Parse(
            "driver: {sources: [a.c]}\nworkload:\n  - open: device\n\n  - read: 4\n    offset: 1K\n    within: 1.5 s")
            .Workload[1];

        Assert.Equal(5, step.Line);
        Assert.Equal(1024, step.Offset);
        Assert.Equal(TimeSpan.FromSeconds(1.5), step.Within);
        Assert.Equal(NtStatus.STATUS_SUCCESS, step.Status);
        Assert.Null(step.Length);
    }

    [Fact]
    public void WorkloadOfAnotherFileNeedsNoDriver()
    {
        File.WriteAllText(_folder.FilePath, "workload:\n  - open: device\n");

        Assert.Single(HilYaml.ReadWorkload(_folder.FilePath).Workload);
    }
}
