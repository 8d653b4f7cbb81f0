using Hil.Machine;
using Hil.Trace;

namespace Hil.Host;

/// <summary>What a machine must be like for its run to be written down, or repeated.</summary>
internal static class TracedMachine
{
    /// <summary>Instructions between two looks at driver code that does not come back by itself.</summary>
    private const uint SliceInstructions = 1_000_000;

    /// <summary>Twins of pages that devices may write.</summary>
    private const ulong ShadowBytes = 32 << 20;

    /// <summary>The machine of a capture.</summary>
    public static MachineOptions ForCapture(MachineOptions machine, TraceCategories categories, bool isNative) =>
        machine with
        {
            ShadowBytes = categories.Contain("dma") ? ShadowBytes : 0,
            TrapsDeviceAccess = isNative && categories.Contain("registers"),
        };

    /// <summary>The machine of a replay: the same processor, and no device.</summary>
    public static MachineOptions ForReplay(TraceProfile profile, MachineOptions machine, bool isNative) => machine with
    {
        MemoryBytes = profile.MemoryBytes,
        Devices = [],
        TrapsDeviceAccess = isNative,
        Functions = [.. profile.Functions.Select(static function => function.ToFunction())],
    };

    public static uint SlicesOf(EmulatedMachine machine) => 0;
}
