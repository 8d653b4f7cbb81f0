using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;

namespace Hil.Trace;

/// <summary>Writes a trace as one page with a timeline that needs nothing else.</summary>
internal static class HtmlExport
{
    /// <summary>A page with more spans, marks and counter steps loads slowly.</summary>
    public const int ItemsMax = 300_000;

    public static void Write(TraceReader reader, Stream target, int itemsMax = ItemsMax)
    {
        var budget = new HtmlBudget(itemsMax);
        TimelineBuilder.Build(reader, budget);
        var timeline = new HtmlTimeline(budget);
        long end = TimelineBuilder.Build(reader, timeline);

        using var output = new StreamWriter(target, new UTF8Encoding(false), leaveOpen: true);
        string page = Resource("timeline.html").Replace("@style@", Resource("timeline.css"), StringComparison.Ordinal);
        foreach (string part in Split(page, "@data@", "@script@"))
        {
            output.Write(part switch
            {
                "@data@" => Data(reader, budget, timeline, end),
                "@script@" => Resource("timeline.js"),
                _ => part,
            });
        }
    }

    private static IEnumerable<string> Split(string page, string first, string second)
    {
        int a = page.IndexOf(first, StringComparison.Ordinal), b = page.IndexOf(second, StringComparison.Ordinal);
        return [page[..a], first, page[(a + first.Length)..b], second, page[(b + second.Length)..]];
    }

    // The writer's default encoder writes <, > and & as \u escapes: no text of a trace ends the script element.
    private static string Data(TraceReader reader, HtmlBudget budget, HtmlTimeline timeline, long end)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            string facts = string.Create(CultureInfo.InvariantCulture,
                $"{timeline.Irps:N0} IRPs · {reader.Records:N0} records · {TraceTime.Text(end / 100)}");
            timeline.Write(json, Path.GetFileName(reader.Path), facts, Notes(reader, budget, timeline), end);
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static List<string> Notes(TraceReader reader, HtmlBudget budget, HtmlTimeline timeline)
    {
        var notes = new List<string>();
        if (budget.IsExceeded)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture,
                $"Thinned: {timeline.SpansKept:N0} of {budget.Spans:N0} spans are here (those of at least "
                + $"{TraceTime.Text(budget.SpanNsMin / 100)}, the shortest of them in part), one mark of "
                + $"{budget.MarkStride:N0}, one counter step of {budget.StepStride:N0}. The Perfetto export has all."));
        }
        notes.AddRange(reader.Problems.Select(static problem => problem.Text));
        return notes;
    }

    private static string Resource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var text = new StreamReader(stream);
        return text.ReadToEnd();
    }
}
