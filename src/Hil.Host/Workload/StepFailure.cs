namespace Hil.Host;

/// <summary>Why a step failed.</summary>
/// <param name="Text">Which expectation was not met, with both values.</param>
/// <param name="Line">Line of the step, perhaps a nested one.</param>
public sealed record StepFailure(string Text, int Line);
