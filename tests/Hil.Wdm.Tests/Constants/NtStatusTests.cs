using System.Reflection;

namespace Hil.Wdm.Tests;

public sealed class NtStatusTests
{
    public static TheoryData<string> Names =>
        [.. typeof(NtStatus).GetProperties(BindingFlags.Public | BindingFlags.Static).Select(status => status.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryStatusIsPrintedByANameOfItsValue(string name)
    {
        NTSTATUS status = Get(name);

        string printed = status.ToString();

        Assert.Equal(status, Get(printed));
    }

    [Theory]
    [InlineData(0x00000000u, "STATUS_SUCCESS")]
    [InlineData(0x00000103u, "STATUS_PENDING")]
    [InlineData(0xC000009Au, "STATUS_INSUFFICIENT_RESOURCES")]
    [InlineData(0xE0001234u, "0xE0001234")]
    public void StatusIsPrintedByNameOrInHexadecimal(uint value, string expected) =>
        Assert.Equal(expected, new NTSTATUS(value).ToString());

    [Theory]
    [InlineData(0x00000103u, true, false, false, false)]
    [InlineData(0x40000000u, true, true, false, false)]
    [InlineData(0x80000005u, false, false, true, false)]
    [InlineData(0xC0000001u, false, false, false, true)]
    public void SeverityIsInTheTopTwoBits(uint value, bool success, bool information, bool warning, bool error)
    {
        NTSTATUS status = new(value);

        Assert.Equal(
            (success, information, warning, error),
            (NT_SUCCESS(status), NT_INFORMATION(status), NT_WARNING(status), NT_ERROR(status)));
        Assert.Equal((success, information), (status.IsSuccess, status.IsInformation));
    }

    private static NTSTATUS Get(string name) => (NTSTATUS)typeof(NtStatus).GetProperty(name)!.GetValue(null)!;
}
