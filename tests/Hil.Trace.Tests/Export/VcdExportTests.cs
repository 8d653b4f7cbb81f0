using System.Globalization;
using System.Text;

namespace Hil.Trace.Tests.Export;

public sealed class VcdExportTests
{
    [Fact]
    public void HeaderDeclaresEachSignalOnce()
    {
        VcdText vcd = Export(static trace => trace.Irps(2));
        Assert.Equal("1 ns", vcd.Timescale);
        Assert.Distinct(vcd.Signals.Values);
        Assert.Contains("processor0.irql", vcd.Signals.Values);
        Assert.Contains("device0__Device_Edu.startio", vcd.Signals.Values);
        Assert.Contains("device1_00_03_0_1234_11e8.written_value", vcd.Signals.Values);
    }

    [Fact]
    public void TimesAlwaysGrowEvenWhereTheClockDoesNot()
    {
        VcdText vcd = Export(static trace =>
        {
            trace.Step = 0;
            trace.Irps(20);
            trace.Time -= 500;
            trace.Irp(21);
        });
        Assert.True(vcd.Times.Count > 100);
        Assert.All(vcd.Times.Zip(vcd.Times.Skip(1)), static next => Assert.True(next.First < next.Second));
    }

    [Fact]
    public void ServiceRoutineIsAPulseOfItsSignal()
    {
        VcdText vcd = Export(static trace =>
        {
            trace.Step = 0;
            trace.Irps(5);
        });
        Assert.Equal(["0", "1", "0", "1", "0", "1", "0", "1", "0", "1", "0"], vcd.Changes["processor0.isr"]);
    }

    [Fact]
    public void DeviceShowsItsIrpAndTheLastWrite()
    {
        VcdText vcd = Export(static trace => trace.Irp(5));
        Assert.Equal(["b0", "b101", "b0"], vcd.Changes["device0__Device_Edu.irp"]);
        Assert.Equal(
            ["b0", "b1100000", "b1101000", "b1100100"], vcd.Changes["device1_00_03_0_1234_11e8.written_offset"]);
    }

    [Fact]
    public void NamesThatAreNoWordsBecomeWords()
    {
        VcdText vcd = Export(static trace =>
        {
            trace.Device = "$end\n#5 ü";
            trace.Irp(1);
        });
        Assert.Contains("device0__end__5__.startio", vcd.Signals.Values);
    }

    [Theory]
    [InlineData("edu.hiltrace")]
    [InlineData("edu-managed.hiltrace")]
    public async Task GtkWaveReadsEverySignalAndEveryChangeOfARun(string golden)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "traces", golden);
        using TraceReader reader = TraceReader.Open(path);
        byte[] export = Export(reader);

        var written = new VcdText(Encoding.UTF8.GetString(export));
        var read = new VcdText(await GtkWave.ReadAndWriteAsync(export));

        Assert.True(written.Times.Count > 100, $"{written.Times.Count} times");
        Assert.Equal(written.Timescale.Replace(" ", "", StringComparison.Ordinal), read.Timescale);
        Assert.Equal(written.Times, read.Times);
        Assert.Equal(written.Signals.Values.Order(), read.Signals.Values.Order());
        Assert.All(written.Changes, signal => Assert.Equal(signal.Value, read.Changes[signal.Key]));
    }

    private static VcdText Export(Action<SyntheticTrace> fill)
    {
        using var trace = new SyntheticTrace();
        fill(trace);
        using TraceReader reader = trace.Open();
        return new VcdText(Encoding.UTF8.GetString(Export(reader)));
    }

    private static byte[] Export(TraceReader reader)
    {
        using var bytes = new MemoryStream();
        TraceExport.Write(reader, TraceExportFormat.Vcd, bytes);
        return bytes.ToArray();
    }

    /// <summary>Reads value change dumps by the rules of IEEE 1364; anything else fails.</summary>
    private sealed class VcdText
    {
        private readonly Queue<string> _words;

        public VcdText(string text)
        {
            _words = new Queue<string>(text.Split((char[])[' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries));
            string scope = "";
            while (_words.TryDequeue(out string? word))
            {
                if (word == "$scope")
                    scope = Until()[1];
                else if (word == "$var")
                    Declare(scope, Until());
                else if (word == "$timescale")
                    Timescale = string.Join(' ', Until());
                else if (word is "$date" or "$version" or "$upscope" or "$enddefinitions")
                    Until();
                else if (word is not ("$dumpvars" or "$end"))
                    Change(word);
            }
        }

        public string Timescale { get; } = "";

        public Dictionary<string, string> Signals { get; } = [];

        public Dictionary<string, List<string>> Changes { get; } = [];

        public List<long> Times { get; } = [];

        private List<string> Until()
        {
            var words = new List<string>();
            while (_words.Dequeue() is var word && word != "$end")
                words.Add(word);
            return words;
        }

        private void Declare(string scope, List<string> words)
        {
            Assert.Equal(4, words.Count);
            string name = $"{scope}.{words[3]}";
            Signals.Add(words[2], name);
            Changes[name] = [];
        }

        // Leading zeros may be left out or not.
        private static string Shorten(string bits) => bits.TrimStart('0') is { Length: > 0 } rest ? rest : "0";

        private void Change(string word)
        {
            if (word[0] == '#')
                Times.Add(long.Parse(word.AsSpan(1), CultureInfo.InvariantCulture));
            else if (word[0] == 'b')
                Changes[Signals[_words.Dequeue()]].Add("b" + Shorten(word[1..]));
            else
                Changes[Signals[word[1..]]].Add(word[..1]);
        }
    }
}
