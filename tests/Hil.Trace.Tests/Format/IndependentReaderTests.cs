using System.Diagnostics;
using System.Globalization;

namespace Hil.Trace.Tests.Format;

/// <summary>trace_reader.py was written from docs/trace-format.md alone and shares no line with ours.</summary>
public sealed class IndependentReaderTests
{
    [Fact]
    public void PythonReaderAgreesOnEveryRecord()
    {
        using var trace = new TemporaryTrace();
        using (TraceWriter writer = TraceWriter.Create(trace.Path))
        {
            var records = new GeneratedRecords(11);
            records.AddTo(writer, 3_000);
            writer.Flush();
            records.AddTo(writer, 40_000);
        }
        string[] theirs = [.. ReadWithPython(trace.Path).Where(static line => !line.StartsWith('-'))];

        Assert.Equal(43_000, theirs.Length);
        Assert.Equal(ReadLines(trace.Path), theirs);
    }

    [Fact]
    public void PythonReaderAgreesOnDefinitions()
    {
        using var trace = new TemporaryTrace();
        using (TraceWriter writer = TraceWriter.Create(trace.Path))
        {
            ulong device = writer.DefineString("edu");
            var site = new TraceSite(0x1000, 1, 0xCF8, 4, device, 2, 0x10, writer.DefineString("ü+1"));
            writer.Add(TraceKind.Read, 1, writer.DefineSite(site), 5);
        }
        Assert.Equal(
            ["- string - 1 656475", "- string - 2 C3BC2B31", "- site - 1,1000,1,CF8,4,1,2,10,2 ", "0 read 1 1,5 "],
            ReadWithPython(trace.Path));
    }

    private static IEnumerable<string> ReadLines(string path)
    {
        using TraceReader reader = TraceReader.Open(path);
        var names = reader.Kinds.ToDictionary(static kind => kind.Kind, static kind => kind.Name);
        using TraceCursor cursor = reader.OpenCursor();
        while (cursor.MoveNext())
        {
            string fields = string.Join(
                ',', Enumerable.Range(0, cursor.FieldCount).Select(field => cursor[field].ToString("X", null)));
            string data = Convert.ToHexString(cursor.Data);
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{cursor.Sequence} {names[cursor.Kind]} {cursor.Time} {fields} {data}");
        }
    }

    private static string[] ReadWithPython(string path)
    {
        var start = new ProcessStartInfo("python3") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "trace_reader.py"));
        start.ArgumentList.Add(path);
        using Process python = Process.Start(start)!;
        Task<string> errors = python.StandardError.ReadToEndAsync();
        string output = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        Assert.True(python.ExitCode == 0, errors.Result);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
