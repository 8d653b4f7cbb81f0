namespace Hil.Host;

/// <summary>How often what has happened in a kernel.</summary>
/// <param name="Interrupts">Calls of service routines that returned TRUE.</param>
/// <param name="Dpcs">DPC routines run.</param>
/// <param name="Irps">IRPs that have ended, whoever sent them.</param>
/// <param name="KernelCalls">Calls of exports by driver code.</param>
/// <param name="Registers">Register accesses through the host; driver code's own reach the device without it.</param>
/// <param name="Violations">Broken rules that did not stop the machine.</param>
/// <param name="Storms">Interrupt lines that were masked because nobody cleared them.</param>
public readonly record struct EventCounts(
    long Interrupts, long Dpcs, long Irps, long KernelCalls, long Registers, long Violations, long Storms)
{
    public static EventCounts operator -(EventCounts after, EventCounts before) => new(
        after.Interrupts - before.Interrupts,
        after.Dpcs - before.Dpcs,
        after.Irps - before.Irps,
        after.KernelCalls - before.KernelCalls,
        after.Registers - before.Registers,
        after.Violations - before.Violations,
        after.Storms - before.Storms);
}
