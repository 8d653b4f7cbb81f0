namespace Hil.Wdm.Tests;

public sealed class LayoutTests
{
    // Rows without a structure, each with its reason. The list may only shrink.
    private static readonly Dictionary<string, string> s_uncovered = new()
    {
        ["PNP_DEVICE_STATE"] = "is an integer typedef",
        ["_KPRCB_win7_sp1"] = "is of a release that Hil does not present; KPRCB is Windows 10's",
    };

    // Fields that are wrong in the golden file itself, each with its reason.
    private static readonly Dictionary<string, string> s_wrongInGolden = new()
    {
        ["KGUARDED_MUTEX.Gate.Header.DpcActive"] =
            "the header that this row was compiled from has it one byte later than Windows; see DISPATCHER_HEADER",
    };

    public static TheoryData<string> CoveredRows =>
        [.. GoldenLayouts.Rows.Keys.Where(row => !s_uncovered.ContainsKey(row))];

    [Theory]
    [MemberData(nameof(CoveredRows))]
    public void EveryGoldenRowHasAStructureOfItsLayout(string row)
    {
        Type? type = FindType(row);
        Assert.True(type is not null, $"No structure for {row}.");

        GoldenRow golden = GoldenLayouts.Rows[row];
        GoldenField[] right = [.. golden.Fields.Where(field => !s_wrongInGolden.ContainsKey($"{row}.{field.Path}"))];

        Assert.Empty(StructureLayout.Differences(type, golden with { Fields = right }));
    }

    [Fact]
    public void UncoveredRowsAreStillUncovered()
    {
        Assert.All(s_uncovered.Keys, row => Assert.Null(FindType(row)));
        Assert.All(s_uncovered.Keys, row => Assert.Contains(row, GoldenLayouts.Rows.Keys));
    }

    [Fact]
    public void FieldsListedAsWrongInTheGoldenFileStillDiffer()
    {
        Assert.All(s_wrongInGolden.Keys, name =>
        {
            string row = name[..name.IndexOf('.')];
            string path = name[(row.Length + 1)..];
            GoldenRow golden = GoldenLayouts.Rows[row];
            GoldenField field = Assert.Single(golden.Fields, field => field.Path == path);
            Assert.NotEmpty(StructureLayout.Differences(FindType(row)!, golden with { Fields = [field] }));
        });
    }

    [Fact]
    public void GoldenFileHasAllItsRows() => Assert.Equal(175, GoldenLayouts.Rows.Count);

    [Fact]
    public void AMovedFieldAWrongSizeAndAMissingFieldAreFound()
    {
        GoldenRow wrong = new(24, [new("Flink", 0, 8), new("Blink", 16, 8), new("Clink", 8, 8)]);

        string[] differences = [.. StructureLayout.Differences(typeof(LIST_ENTRY), wrong)];

        Assert.Equal(3, differences.Length);
        Assert.StartsWith("size", differences[0]);
        Assert.StartsWith("Blink", differences[1]);
        Assert.StartsWith("Clink", differences[2]);
    }

    [Fact]
    public void AMovedBitFieldIsFound()
    {
        GoldenRow wrong = new(40, [new("Hint", 32, 8, 9, 55)]);

        Assert.Single(StructureLayout.Differences(typeof(KDEVICE_QUEUE), wrong));
    }

    // Rows taken from symbols only are named _NAME_win10_19041.
    private static Type? FindType(string row)
    {
        const string FromSymbols = "_win10_19041";
        string name = row.EndsWith(FromSymbols, StringComparison.Ordinal) ? row[1..^FromSymbols.Length] : row;
        return typeof(IRP).Assembly.GetType($"Hil.Wdm.{name}");
    }
}
