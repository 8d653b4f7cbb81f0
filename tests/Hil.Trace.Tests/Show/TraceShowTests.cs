using System.Text;
using System.Text.Json;

namespace Hil.Trace.Tests.Show;

public sealed class TraceShowTests
{
    [Fact]
    public void LifeOfAnIrpIsIndentedByWhatIsAroundIt()
    {
        using var trace = new SyntheticTrace();
        trace.Irps(3);
        using TraceReader reader = trace.Open();
        string[] lines =
        [
            .. Lines(reader, new TraceFilter { Irp = 2 }).Where(static line => line.Kind != TraceKind.Irql)
                .Select(static line => new string(' ', line.Depth) + line.Text),
        ];
        Assert.Equal(
        [
            "IRP 2 created",
            @"dispatch IRP_MJ_DEVICE_CONTROL 0x222004 to \Device\Edu",
            @"StartIo of \Device\Edu",
            " write32 BAR0+0x60 = 0x1  at edu.sys+0x1400  [00:03.0 1234:11e8]",
            " write32 BAR0+0x68 = 0x2  at edu.sys+0x1400  [00:03.0 1234:11e8]",
            "StartIo returned",
            "interrupt, vector 0x70",
            "ISR, vector 0x70",
            " read32 BAR0+0x24 -> 0x1  at edu.sys+0x1400  [00:03.0 1234:11e8]",
            " write32 BAR0+0x64 = 0x1  at edu.sys+0x1400  [00:03.0 1234:11e8]",
            "ISR claimed vector 0x70",
            "DPC edu.sys+0x2300 (EduDpc)",
            " completed: STATUS_SUCCESS, 4",
            " finished: STATUS_SUCCESS, 4",
            "DPC edu.sys+0x2300 (EduDpc) returned",
            "request 1002 done: STATUS_SUCCESS, 4, 1 bytes 07",
        ], lines);
    }

    [Theory]
    [InlineData(0x1B, 0x00, "IRP_MJ_PNP IRP_MN_START_DEVICE")]
    [InlineData(0x1B, 0x0B, "IRP_MJ_PNP IRP_MN_QUERY_RESOURCE_REQUIREMENTS")]
    [InlineData(0x1B, 0x12, "IRP_MJ_PNP IRP_MN_SET_LOCK")]
    [InlineData(0x1B, 0x55, "IRP_MJ_PNP minor 0x55")]
    [InlineData(0x16, 0x02, "IRP_MJ_POWER IRP_MN_SET_POWER")]
    [InlineData(0x17, 0x0B, "IRP_MJ_SYSTEM_CONTROL IRP_MN_REGINFO_EX")]
    [InlineData(0x0F, 0x01, "IRP_MJ_INTERNAL_DEVICE_CONTROL IRP_MN_SCSI_CLASS")]
    [InlineData(0x04, 0x00, "IRP_MJ_WRITE")]
    [InlineData(0x04, 0x77, "IRP_MJ_WRITE minor 0x77")]
    public void MinorFunctionsHaveTheNamesOfTheHeaders(int major, int minor, string expected)
    {
        using var trace = new SyntheticTrace();
        trace.Add(TraceKind.IrpCreate, 1, 0x1000).Add(TraceKind.IrpDispatch, 1, 0, (ulong)major, (ulong)minor)
            .Add(TraceKind.IrpDispatch, 1, 0, (ulong)major, (ulong)minor);
        using TraceReader reader = trace.Open();

        Assert.Equal(
            [$"dispatch {expected}", $"dispatch {expected}"],
            Lines(reader, new TraceFilter()).Skip(1).SkipLast(1).Select(static line => line.Text));
    }

    [Theory]
    [InlineData("bar0+0x64", 5)]
    [InlineData("BAR0+0x60", 5)]
    [InlineData("BAR1+0x60", 0)]
    public void RegisterFilterTakesOneRegister(string register, int expected)
    {
        using var trace = new SyntheticTrace();
        trace.Irps(5);
        using TraceReader reader = trace.Open();
        Assert.Equal(expected, Lines(reader, new TraceFilter { Register = register }).Count);
    }

    [Fact]
    public void TimesCountFromTheFirstRecord()
    {
        using var trace = new SyntheticTrace { Time = 5_000_000, Step = 10_000 };
        trace.Add(TraceKind.Irql, 1).Add(TraceKind.Irql, 2).Add(TraceKind.Irql, 3).Add(TraceKind.Irql, 4);
        using TraceReader reader = trace.Open();
        Assert.Equal(
            [10_000L, 20_000L],
            Lines(reader, new TraceFilter { From = 10_000, To = 20_000 }).Select(static line => line.Time));
    }

    [Fact]
    public void DeviceFilterTakesFunctionsAndDeviceObjects()
    {
        using var trace = new SyntheticTrace();
        trace.Irp(1);
        (trace.Device, trace.FunctionName) = (@"\Device\Other", "00:04.0 8086:100e");
        trace.Irp(2);
        using TraceReader reader = trace.Open();
        Assert.All(Lines(reader, new TraceFilter { Device = "other" }), static line => Assert.Equal(2UL, line.Irp));
        Assert.Equal(4, Lines(reader, new TraceFilter { Device = "8086:100e" }).Count);
    }

    [Fact]
    public void FollowedTraceShowsWhatIsAddedAndEndsWithTheRun()
    {
        using var trace = new SyntheticTrace();
        trace.Add(TraceKind.Irql, 1);
        using TraceReader reader = trace.OpenUnfinished();
        using var show = new TraceShow(reader, new TraceFilter());
        Assert.True(show.MoveNext());
        Assert.False(show.MoveNext());

        trace.Add(TraceKind.Irql, 2).Add(TraceKind.End, 0).Flush();
        Assert.True(show.Refresh());
        Assert.True(show.MoveNext());
        Assert.Equal("IRQL 2", show.Line.Text);
        Assert.False(show.HasEnded);
        Assert.True(show.MoveNext());
        Assert.True(show.HasEnded);
    }

    [Fact]
    public void JsonHasTheFieldsByTheNamesOfTheSchema()
    {
        using var trace = new SyntheticTrace();
        trace.Irp(9);
        using TraceReader reader = trace.Open();
        JsonElement write = Json(reader, new TraceFilter { Kinds = new HashSet<TraceKind> { TraceKind.Write } })[0];
        Assert.Equal(9, write.GetProperty("irp").GetInt32());
        JsonElement fields = write.GetProperty("fields");
        Assert.Equal("BAR0+0x60", fields.GetProperty("site").GetProperty("register").GetString());
        Assert.Equal("0x1", fields.GetProperty("value").GetString());
    }

    [Fact]
    public void ControlCharactersOfADriverDoNotReachTheTerminal()
    {
        using var trace = new SyntheticTrace();
        trace.Print("\e[2Jgone\u009b1m\r\nx\n");
        using TraceReader reader = trace.Open();
        string text = Lines(reader, new TraceFilter())[0].Text;
        Assert.Equal("DbgPrint: ·[2Jgone·1m··x", text);
    }

    [Fact]
    public void PrintedTextIsATextInJson()
    {
        using var trace = new SyntheticTrace();
        trace.Print("started, ü");
        using TraceReader reader = trace.Open();
        JsonElement print = Json(reader, new TraceFilter())[0];
        Assert.Equal("print", print.GetProperty("kind").GetString());
        Assert.Equal("started, ü", print.GetProperty("fields").GetProperty("text").GetString());
    }

    [Fact]
    public void EveryKindHasWords()
    {
        using var trace = new SyntheticTrace();
        trace.Read(0, 0).Call("DbgPrint");
        foreach (TraceRecordKind kind in TraceSchema.Kinds.Where(static kind => kind.Kind > TraceKind.CallSite))
        {
            ulong[] fields = [.. kind.Fields.Select(static _ => 1UL)];
            if (kind.HasData)
                trace.AddData(kind.Kind, [1, 2, 3], fields);
            else
                trace.Add(kind.Kind, fields);
        }
        using TraceReader reader = trace.Open();
        Assert.All(Lines(reader, new TraceFilter()), static line => Assert.False(string.IsNullOrWhiteSpace(line.Text)));
        Assert.NotEmpty(Json(reader, new TraceFilter()));
    }

    private static List<TraceLine> Lines(TraceReader reader, TraceFilter filter)
    {
        var lines = new List<TraceLine>();
        using var show = new TraceShow(reader, filter);
        while (show.MoveNext())
            lines.Add(show.Line);
        return lines;
    }

    private static List<JsonElement> Json(TraceReader reader, TraceFilter filter)
    {
        var records = new List<JsonElement>();
        using var show = new TraceShow(reader, filter);
        while (show.MoveNext())
        {
            using var buffer = new MemoryStream();
            using (var json = new Utf8JsonWriter(buffer))
                show.WriteJson(json);
            records.Add(JsonDocument.Parse(Encoding.UTF8.GetString(buffer.ToArray())).RootElement);
        }
        return records;
    }
}
