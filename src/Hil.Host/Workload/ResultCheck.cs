using System.Globalization;
using Hil.Kernel;
using Hil.Wdm;

namespace Hil.Host;

/// <summary>Compares how a request ended with what its step expects.</summary>
internal static class ResultCheck
{
    /// <summary>The first expectation that is not met, or null.</summary>
    /// <param name="expected">The status that counts: the step's own or that of the wait for it.</param>
    public static string? Find(RequestStep step, NTSTATUS expected, in IoResult result, ReadOnlySpan<byte> output)
    {
        if (result.Status != expected)
            return $"status {result.Status}, expected {expected}";
        if (FindLength(step, result) is { } wrongLength)
            return wrongLength;
        if (!result.Status.IsSuccess || output.IsEmpty)
            return null;
        int length = (int)Math.Min(result.Information, (ulong)output.Length);
        int at = step.Output.FindDifference(output[..length]);
        return at < 0 ? null : string.Create(CultureInfo.InvariantCulture,
            $"out: byte 0x{at:x} is 0x{output[at]:x2}, expected 0x{step.Output.Bytes.Span[at]:x2}");
    }

    /// <summary>The first count that is not as expected, or null.</summary>
    public static string? Find(ExpectStep step, EventCounts events, long requests, long cancelled) =>
        Differs("interrupts", step.Interrupts, events.Interrupts)
        ?? Differs("dpcs", step.Dpcs, events.Dpcs)
        ?? Differs("irps", step.Irps, requests)
        ?? Differs("cancelled", step.Cancelled, cancelled);

    private static string? FindLength(RequestStep step, in IoResult result)
    {
        bool isTransfer = step.Kind is RequestKind.Read or RequestKind.Write;
        ulong expected = (ulong)(isTransfer ? step.Input.Length + step.Output.Length : step.Output.Length);
        if (step.Length == null && !result.Status.IsSuccess)
            return null;
        expected = step.Length ?? expected;
        return result.Information == expected ? null : string.Create(CultureInfo.InvariantCulture,
            $"length {result.Information}, expected {expected}");
    }

    private static string? Differs(string name, CountRange? expected, long actual) =>
        expected is not { } range || range.Contains((ulong)actual) ? null : string.Create(CultureInfo.InvariantCulture,
            $"{name} {actual}, expected {range}");
}
