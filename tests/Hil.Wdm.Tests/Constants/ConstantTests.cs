using System.Globalization;
using System.Reflection;

namespace Hil.Wdm.Tests;

public sealed class ConstantTests
{
    [Fact]
    public void EveryGoldenConstantHasItsValue()
    {
        string[] lines = [.. GoldenLines()];

        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Equal(line, Actual(line)));
    }

    [Fact]
    public void ARenamedConstantIsFound() => Assert.Equal("absent", Actual("WdmConstants.DISPATCH_LEVELS 0x2"));

    [Fact]
    public void AChangedConstantIsFound() =>
        Assert.NotEqual("WdmConstants.DISPATCH_LEVEL 0x3", Actual("WdmConstants.DISPATCH_LEVEL 0x3"));

    private static IEnumerable<string> GoldenLines() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "golden", "constants.txt"))
            .Where(line => !line.StartsWith('#'));

    // The line as the C# constant of that name would have it.
    private static string Actual(string line)
    {
        string name = line[..line.IndexOf(' ')];
        string[] parts = name.Split('.');
        Type type = typeof(IRP).Assembly.GetType($"Hil.Wdm.{parts[0]}")!;
        object? value = type.GetField(parts[1])?.GetRawConstantValue() ?? type.GetProperty(parts[1])?.GetValue(null);
        return value is null ? "absent" : string.Create(CultureInfo.InvariantCulture, $"{name} 0x{Bits(value):X}");
    }

    private static ulong Bits(object value) => value switch
    {
        ulong bits => bits,
        NTSTATUS status => (uint)status.Value,
        uint bits => bits,
        short bits => (ushort)bits,
        _ => (uint)Convert.ToInt32(value, CultureInfo.InvariantCulture),
    };
}
