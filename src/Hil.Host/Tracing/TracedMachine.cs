using Hil.Machine;
using Hil.Trace;

namespace Hil.Host;

/// <summary>What a machine must be like for its run to be written down, or repeated.</summary>
internal static class TracedMachine
{
    /// <summary>Twins of pages that devices may write.</summary>
    private const ulong ShadowBytes = 32 << 20;

    private const ulong Megabyte = 1 << 20;

    // That the driver took too long is on the trace; a replay may take its time.
    private static readonly TimeSpan s_forever = TimeSpan.FromDays(1000);

    /// <summary>The machine of a capture.</summary>
    /// <exception cref="RunInputException">There is no room for twins.</exception>
    public static MachineOptions ForCapture(MachineOptions machine, TraceCategories categories, bool isNative)
    {
        bool isExact = isNative && categories.IsReplayable;
        if (machine.MemoryBytes > RamWindow.BytesMax - ShadowBytes)
            throw new RunInputException(
                "a capture needs memory of its own: "
                + $"give the machine at most {(RamWindow.BytesMax - ShadowBytes) / Megabyte}M");
        return machine with
        {
            ShadowBytes = categories.Contain("dma") ? ShadowBytes : 0,
            TrapsDeviceAccess = isNative && categories.Contain("registers"),
            TrapsInstructions = true,
            Deterministic = isExact,
            Slices = isExact,
            WatchesCalls = isExact,
        };
    }

    /// <summary>The machine of a replay: the same processor, and no device.</summary>
    /// <exception cref="TraceReplayException">The trace asks for a machine that cannot be.</exception>
    public static MachineOptions ForReplay(TraceProfile profile, MachineOptions machine, bool isNative) => machine with
    {
        MemoryBytes = RequirePossible(profile.MemoryBytes),
        Devices = [],
        TrapsDeviceAccess = isNative,
        Deterministic = isNative,
        Slices = isNative,
        WatchesCalls = isNative,
        WindowSlot = RamWindow.SlotOf(profile.WindowBase)
            ?? throw new TraceReplayException($"0x{profile.WindowBase:x} is no address of a RAM window"),
        Cpu = machine.Cpu with
        {
            Watchdog = s_forever,
            Patience = profile.Patience is { } ticks ? TimeSpan.FromTicks(ticks) : null,
            SliceInstructions = isNative ? profile.SliceInstructions : machine.Cpu.SliceInstructions,
        },
        Functions = [.. profile.Functions.Select(static function => function.ToFunction())],
    };

    private static ulong RequirePossible(ulong memoryBytes) =>
        memoryBytes is >= RamWindow.BytesMin and <= RamWindow.BytesMax && memoryBytes % Megabyte == 0
            ? memoryBytes
            : throw new TraceReplayException(
                $"the trace needs {memoryBytes} bytes of memory; "
                + $"{RamWindow.BytesMin / Megabyte} to {RamWindow.BytesMax / Megabyte} MB are possible");
}
