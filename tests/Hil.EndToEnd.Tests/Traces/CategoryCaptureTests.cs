using Hil.Host;
using Hil.Kernel;
using Hil.Testing;
using Hil.Trace;
using static Hil.Wdm.NtStatus;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>Captures that leave categories out.</summary>
[Collection(nameof(TraceCollection))]
public sealed class CategoryCaptureTests : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hil-trace-");

    public static TheoryData<EduKind, string> Cases =>
    [
        .. from kind in (EduKind[])[EduKind.Native, EduKind.Managed]
           from category in TraceCategories.Known
           where category != "calls" || kind == EduKind.Native
           select (kind, category),
    ];

    [Theory, MemberData(nameof(Cases))]
    public async Task OnlyRecordsThatAreWantedAreWritten(EduKind kind, string category)
    {
        await CaptureAsync(kind, "some.hiltrace", TraceCategories.Of([category]));

        List<Seen> records = Read("some.hiltrace");
        Assert.All(records, record =>
            Assert.Contains(TraceSchema.Of(record.Kind).Category, (string[])["core", category]));
        Assert.Contains(records, record => TraceSchema.Of(record.Kind).Category == category);
        Assert.Equal(records.Order(Comparer<Seen>.Create((a, b) => a.Time.CompareTo(b.Time))), records);
    }

    [Theory]
    [InlineData(EduKind.Native, "irp")]
    [InlineData(EduKind.Managed, "irp")]
    [InlineData(EduKind.Managed, "registers")]
    public async Task WhatIsWantedIsWhole(EduKind kind, string category)
    {
        await CaptureAsync(kind, "some.hiltrace", TraceCategories.Of([category]));
        await CaptureAsync(kind, "all.hiltrace", TraceCategories.All);

        Assert.Equal(KindsOf("all.hiltrace"), KindsOf("some.hiltrace"));

        // When an interrupt cuts in differs from run to run.
        IEnumerable<TraceKind> KindsOf(string file) =>
            Read(file).Select(record => record.Kind).Where(one => TraceSchema.Of(one).Category == category).Order();
    }

    [Theory, ClassData(typeof(EduKinds))]
    public async Task RecordsHaveTheTimeThatTheyHappenedAt(EduKind kind)
    {
        await CaptureAsync(kind, "some.hiltrace", TraceCategories.Of(["irp"]));

        long[] started =
        [
            .. Read("some.hiltrace").Where(record => record.Kind == TraceKind.StartIo).Select(record => record.Time),
        ];
        Assert.Equal(3, started.Length);
        Assert.InRange(started[1] - started[0], s_pause.Ticks, long.MaxValue);
    }

    [Fact]
    public async Task AReplaySaysWhatItNeeds()
    {
        await CaptureAsync(EduKind.Native, "some.hiltrace", TraceCategories.Of(["irp", "registers"]));

        TraceReplayException exception = await Assert.ThrowsAsync<TraceReplayException>(() => HilReplay.AssertAsync(
            new ReplayOptions { TracePath = PathOf("some.hiltrace") }));

        Assert.Contains("interrupts", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("registers", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    // The pause is a lower bound for what the stamps must show.
    private async Task CaptureAsync(EduKind kind, string file, TraceCategories categories)
    {
        await using HilRig rig = await HilRig.StartAsync(Edu.Options(kind) with
        {
            Capture = new CaptureOptions { Path = PathOf(file), Categories = categories },
        });
        await using (HilFile device = await rig.OpenAsync())
        {
            Assert.Equal((STATUS_SUCCESS, 120u), await device.AskAsync(Edu.Factorial, 5));
            await Task.Delay(s_pause);
            Assert.Equal((STATUS_SUCCESS, 3u), await device.AskAsync(Edu.Raise, 3));
            Assert.Equal(STATUS_SUCCESS, (await device.ReadAsync(new byte[16])).Status);
        }
        rig.Unload();
        Assert.Equal(0UL, rig.EndCapture()!.Writer.Lost);
    }

    private List<Seen> Read(string file)
    {
        using TraceReader reader = TraceReader.Open(PathOf(file));
        using TraceCursor cursor = reader.OpenCursor();
        List<Seen> records = [];
        while (cursor.MoveNext())
            records.Add(new Seen(cursor.Kind, cursor.Time));
        return records;
    }

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);

    private readonly record struct Seen(TraceKind Kind, long Time);
}
