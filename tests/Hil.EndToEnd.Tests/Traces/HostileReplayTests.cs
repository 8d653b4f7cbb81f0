using System.Diagnostics;
using System.Globalization;
using Hil.Host;
using Hil.Kernel.Platform;
using Hil.Trace;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>Traces that are well made but lie: one field of one record of a sound trace has another value. A replay is
/// the same run, leaves the trace, or refuses a record that it names; it never fails otherwise, and never hangs.
/// HIL_FUZZ_SECONDS makes it go on for longer.</summary>
[Collection(nameof(TraceCollection))]
public sealed class HostileReplayTests : IClassFixture<GoldenTraces>
{
    private const int Seed = 20260;
    private const int Variants = 16;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_longer = TimeSpan.FromSeconds(double.Parse(
        Environment.GetEnvironmentVariable("HIL_FUZZ_SECONDS") ?? "0", CultureInfo.InvariantCulture));

    private static readonly TraceKind[] s_kinds =
    [
        TraceKind.Read, TraceKind.Write, TraceKind.Interrupt, TraceKind.Pending, TraceKind.Dma,
        TraceKind.Clock, TraceKind.RequestSeen, TraceKind.Request, TraceKind.RequestDone, TraceKind.Share,
        TraceKind.Unshare, TraceKind.Pointer, TraceKind.Irql, TraceKind.Thread,
    ];

    private static readonly ulong[] s_values =
        [0, 1, 2, 0x2F, 0xD0, 0xFF, 0x100, 0xFFFF, 1UL << 31, uint.MaxValue, 1UL << 32, 1UL << 62, ulong.MaxValue];

    [Theory]
    [InlineData(TraceKind.Interrupt, 1, 0xEFUL, "vector 0xef is no device's")]
    [InlineData(TraceKind.Interrupt, 1, 0x170UL, "vector 0x170 is no device's")]
    [InlineData(TraceKind.Clock, 1, ulong.MaxValue, "a clock says 18446744073709551615")]
    [InlineData(TraceKind.Read, 1, 1UL << 40, "0x10000000000 is no value of ")]
    [InlineData(TraceKind.Request, 3, 1UL << 32, "have more than 32 bits")]
    [InlineData(TraceKind.Dma, 1, 0x1000UL, "DMA to 0x1000, ")]
    public async Task RecordThatCannotBeIsNamed(TraceKind kind, int field, ulong value, string expected)
    {
        using var trace = new TraceFile();
        ulong changed = Copy(trace.Path, kind, number: 0, field, value);

        var refused = await Assert.ThrowsAsync<TraceReplayException>(() => ReplayAsync(trace.Path, isRelaxed: false));

        Assert.StartsWith($"record {changed} of the trace cannot be: ", refused.Message);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public async Task TraceThatLiesIsReplayedOrRefusedButNothingElse()
    {
        var random = new Random(Seed);
        var clock = Stopwatch.StartNew();
        int refused = 0;
        int i = 0;
        for (; i < Variants || clock.Elapsed < s_longer; i++)
        {
            using var trace = new TraceFile();
            TraceKind kind = s_kinds[i % s_kinds.Length];
            int field = random.Next(TraceSchema.Of(kind).Fields.Length);
            ulong value = s_values[random.Next(s_values.Length)];
            string variant = $"seed {Seed}, variant {i}: {TraceSchema.Of(kind).Name}, field {field}, 0x{value:x}";
            Copy(trace.Path, kind, random.Next(3), field, value);
            try
            {
                await ReplayAsync(trace.Path, isRelaxed: random.Next(2) == 0);
            }
            catch (Exception e) when (e is TraceReplayException or TraceFormatException)
            {
                refused++;
                Assert.DoesNotContain('\n', e.Message);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{variant}: {e.Message}", e);
            }
        }
        Assert.InRange(refused, 1, i - 1);
    }

    private static async Task ReplayAsync(string path, bool isRelaxed)
    {
        using var patience = new CancellationTokenSource(s_patience);
        using var replay = new TraceReplay(new ReplayOptions { TracePath = path, IsRelaxed = isRelaxed });
        await replay.RunAsync(cancellation: patience.Token);
        Assert.False(patience.IsCancellationRequested, "the replay hangs");
    }

    // The golden trace with another value in one field of the n-th record of a kind, or of the last if there are fewer.
    private static ulong Copy(string path, TraceKind kind, int number, int field, ulong value)
    {
        using TraceReader reader = TraceReader.Open(GoldenTraces.PathOf(EduKind.Native));
        int left = Math.Min(number, Count(reader, kind) - 1);
        using TraceCursor record = reader.OpenCursor();
        using TraceWriter writer = TraceWriter.Create(path);
        ulong sequence = 0;
        while (record.MoveNext())
        {
            TraceRecordKind described = TraceSchema.Of(record.Kind);
            var fields = new ulong[described.Fields.Length];
            for (int i = 0; i < fields.Length; i++)
                fields[i] = Define(writer, described.Fields[i].Meaning, record, record[i]);
            if (record.Kind == kind && left-- == 0)
            {
                TraceFieldMeaning meaning = described.Fields[field].Meaning;
                if (meaning is not (TraceFieldMeaning.Site or TraceFieldMeaning.Text or TraceFieldMeaning.CallSite))
                    fields[field] = value;
                sequence = record.Sequence;
            }
            if (described.HasData)
                writer.Add(record.Kind, record.Time, fields, record.Data);
            else
                writer.Add(record.Kind, record.Time, fields);
        }
        writer.Complete();
        return sequence;
    }

    private static int Count(TraceReader reader, TraceKind kind)
    {
        int count = 0;
        using TraceCursor record = reader.OpenCursor();
        while (record.MoveNext())
            count += record.Kind == kind ? 1 : 0;
        return count;
    }

    private static ulong Define(TraceWriter writer, TraceFieldMeaning meaning, TraceCursor record, ulong id)
    {
        if (id == 0)
            return 0;
        switch (meaning)
        {
            case TraceFieldMeaning.Text:
                return writer.DefineString(record.Text(id));
            case TraceFieldMeaning.Site:
                TraceSite site = record.Site(id);
                return writer.DefineSite(site with
                {
                    Device = writer.DefineString(record.Text(site.Device)),
                    Place = writer.DefineString(record.Text(site.Place)),
                });
            case TraceFieldMeaning.CallSite:
                TraceCallSite call = record.CallSite(id);
                return writer.DefineCallSite(call with
                {
                    Export = writer.DefineString(record.Text(call.Export)),
                    Place = writer.DefineString(record.Text(call.Place)),
                });
            default:
                return id;
        }
    }
}
