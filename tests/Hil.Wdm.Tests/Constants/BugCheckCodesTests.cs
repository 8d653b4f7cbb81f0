using System.Reflection;

namespace Hil.Wdm.Tests;

public sealed class BugCheckCodesTests
{
    [Fact]
    public void EveryCodeHasItsName() =>
        Assert.All(
            typeof(BugCheckCodes).GetFields(BindingFlags.Public | BindingFlags.Static),
            code => Assert.Equal(code.Name, BugCheckCodes.Name((uint)code.GetRawConstantValue()!)));

    [Fact]
    public void UnknownCodeIsPrintedInHexadecimal() => Assert.Equal("0x1234567", BugCheckCodes.Name(0x1234567));
}
