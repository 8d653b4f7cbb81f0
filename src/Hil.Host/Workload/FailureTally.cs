using System.Globalization;

namespace Hil.Host;

/// <summary>Sums up the failures of rounds or copies of one list of steps: how many, and the first.</summary>
/// <param name="unit">What one is called.</param>
internal sealed class FailureTally(string unit)
{
    private (ulong Number, WorkloadStep Step, StepFailure Failure)? _first;
    private ulong _failed;

    /// <param name="number">From 1.</param>
    public void Add(ulong number, List<(WorkloadStep Step, StepFailure Failure)> failures)
    {
        if (failures.Count == 0)
            return;
        _failed++;
        _first ??= (number, failures[0].Step, failures[0].Failure);
    }

    /// <summary>The failure of the whole, or null.</summary>
    public StepFailure? Sum(ulong count)
    {
        if (_first is not var (number, step, failure))
            return null;
        string others = _failed > 1 ? string.Create(CultureInfo.InvariantCulture, $" ({_failed} failed)") : "";
        string text = string.Create(CultureInfo.InvariantCulture,
            $"{unit} {number} of {count}: {step.Description}: {failure.Text}{others}");
        return new StepFailure(text, failure.Line);
    }
}
