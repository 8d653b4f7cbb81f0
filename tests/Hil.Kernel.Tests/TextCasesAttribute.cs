using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace Hil.Kernel.Tests;

/// <summary>Cases from a text file beside the test, one a line: cells between bars, # begins a comment. Each cell is a
/// string argument; a failure shows file and line.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TextCasesAttribute(string file) : DataAttribute
{
    public override bool SupportsDiscoveryEnumeration() => true;

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(
        MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        var rows = new List<ITheoryDataRow>();
        int number = 0;
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, file)))
        {
            number++;
            string text = line.Split('#')[0];
            if (string.IsNullOrWhiteSpace(text))
                continue;
            string[] cells = text.Split('|', StringSplitOptions.TrimEntries);
            string name = $"{testMethod.Name} ({file}:{number} {text.Trim()})";
            rows.Add(new TheoryDataRow(cells) { TestDisplayName = name });
        }
        return ValueTask.FromResult<IReadOnlyCollection<ITheoryDataRow>>(rows);
    }
}
