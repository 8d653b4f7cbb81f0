using Hil.Host.Tests.Yaml;
using Hil.Kernel;
using Hil.Wdm;

namespace Hil.Host.Tests.Workload;

public sealed class ResultCheckTests : IDisposable
{
    private readonly SampleFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("ioctl: 1, out: u32 120", 0, 4, "78000000", null)]
    [InlineData("ioctl: 1, out: u32 120", 0, 4, "18000000", "out: byte 0x0 is 0x18, expected 0x78")]
    [InlineData("ioctl: 1, out: u32 120", 0, 0, "78000000", "length 0, expected 4")]
    [InlineData("ioctl: 1, out: u32 120, length: 2", 0, 2, "7800ffff", null)]
    [InlineData("ioctl: 1, out: u32 120", 0xc00000b5, 0, "00000000",
        "status STATUS_IO_TIMEOUT, expected STATUS_SUCCESS")]
    [InlineData("ioctl: 1, out: any 4, status: STATUS_IO_TIMEOUT", 0xc00000b5, 0, "00000000", null)]
    [InlineData("ioctl: 1, out: any 4, status: STATUS_IO_TIMEOUT, length: 4", 0xc00000b5, 0, "00000000",
        "length 0, expected 4")]
    [InlineData("read: 4", 0, 4, "01020304", null)]
    [InlineData("read: 4", 0, 3, "01020304", "length 3, expected 4")]
    [InlineData("write: 4", 0, 4, "", null)]
    [InlineData("write: 4", 0, 0, "", "length 0, expected 4")]
    public void FirstUnmetExpectationIsNamed(
        string step, uint status, ulong information, string output, string? expected)
    {
        var request = (RequestStep)_folder.Parse(
            "driver: {sources: [a.c]}\nworkload:\n  - open: device\n  - {" + step + "}").Workload[1];
        var result = new IoResult(new NTSTATUS(status), information);

        Assert.Equal(expected, ResultCheck.Find(request, request.Status, result, Convert.FromHexString(output)));
    }

    [Theory]
    [InlineData("interrupts: 3", null)]
    [InlineData("interrupts: 2..", null)]
    [InlineData("interrupts: 1..2", "interrupts 3, expected 1..2")]
    [InlineData("irps: 8", "irps 7, expected 8")]
    [InlineData("cancelled: 0", "cancelled 1, expected 0")]
    [InlineData("dpcs: 4..", "dpcs 3, expected 4..")]
    public void CountsAreCompared(string expectation, string? expected)
    {
        var step = (ExpectStep)_folder.Parse(
            "driver: {sources: [a.c]}\nworkload:\n  - expect: {" + expectation + "}").Workload[0];

        Assert.Equal(expected, ResultCheck.Find(step, new EventCounts(3, 3, 0, 0, 0, 0, 0), requests: 7, cancelled: 1));
    }
}
