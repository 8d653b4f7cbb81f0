using System.Globalization;
using static Hil.Machine.Pci.PciRegisters;

namespace Hil.Machine.Pci;

/// <summary>Describes functions for people, in the manner of lspci: one line each, or with resources and
/// capabilities.</summary>
public static class PciText
{
    private const uint CommandInterruptDisable = 1 << 10;

    /// <summary>Writes every function in bus order.</summary>
    /// <param name="verbose">Adds subsystem, flags, BARs, bridge windows and decoded capabilities.</param>
    public static void Write(TextWriter writer, IBus bus, PciTopology topology, bool verbose)
    {
        foreach (PciFunction function in topology.Functions)
        {
            writer.WriteLine(Summarize(function));
            if (!verbose)
                continue;
            WriteDetails(writer, bus, topology, function);
            writer.WriteLine();
        }
    }

    /// <summary>One line: address, class, name, ids, revision.</summary>
    public static string Summarize(PciFunction function)
    {
        string name = PciNames.OfDevice(function.VendorId, function.DeviceId);
        string text = $"{function.Address} {PciNames.OfClass(function.ClassCode)} [{function.ClassCode >> 8:x4}]: " +
            $"{name} [{function.VendorId:x4}:{function.DeviceId:x4}]";
        return function.RevisionId == 0 ? text : text + $" (rev {function.RevisionId:x2})";
    }

    /// <summary>A size with the largest unit that divides it: 256, 4K, 1M, 2G.</summary>
    public static string FormatSize(ulong bytes)
    {
        const string Units = "KMGTP";
        int unit = -1;
        while (bytes >= 1024 && bytes % 1024 == 0 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }
        return bytes.ToString(CultureInfo.InvariantCulture) + (unit < 0 ? "" : Units[unit].ToString());
    }

    private static void WriteDetails(TextWriter writer, IBus bus, PciTopology topology, PciFunction function)
    {
        if (function.SubsystemVendorId != 0)
            writer.WriteLine($"\tSubsystem: [{function.SubsystemVendorId:x4}:{function.SubsystemId:x4}]");
        writer.WriteLine("\tFlags: " + DescribeFlags(bus, function));
        foreach (PciBar bar in function.Bars)
            writer.WriteLine("\t" + DescribeBar(bar));
        if (topology.ExpansionRoms.TryGetValue(function.Address, out ulong romBytes))
            writer.WriteLine($"\tExpansion ROM <not placed> [size={FormatSize(romBytes)}]");
        if (topology.FindBridge(function.Address) is { } bridge)
            WriteBridge(writer, bridge);
        foreach (PciCapability capability in function.Capabilities)
        {
            string text = PciCapabilityText.Describe(bus, function, capability);
            writer.WriteLine($"\tCapabilities: [{capability.Offset:x2}] {text}");
        }
        foreach (PciExtendedCapability capability in PciCapabilityList.ReadExtended(bus, function.Address))
        {
            string text = PciNames.OfExtendedCapability(capability.Id);
            writer.WriteLine($"\tCapabilities: [{capability.Offset:x3} v{capability.Version}] {text}");
        }
    }

    private static string DescribeFlags(IBus bus, PciFunction function)
    {
        uint command = bus.ReadConfig(function.Address, Command, 2);
        List<string> flags = [];
        if ((command & CommandBusMaster) != 0)
            flags.Add("bus master");
        if ((command & CommandMemory) != 0)
            flags.Add("memory");
        if ((command & CommandIo) != 0)
            flags.Add("I/O");
        if (function.InterruptPin != 0)
            flags.Add($"INT{(char)('A' + function.InterruptPin - 1)} on line {function.InterruptLine}");
        if ((command & CommandInterruptDisable) != 0)
            flags.Add("INTx disabled");
        return flags.Count == 0 ? "none" : string.Join(", ", flags);
    }

    private static string DescribeBar(PciBar bar)
    {
        string place = bar.Address == 0 ? "<not placed>" : $"{bar.Address:x}";
        if (bar.Kind == PciBarKind.Io)
            return $"Region {bar.Index}: I/O ports at {place} [size={FormatSize(bar.Bytes)}]";
        string width = bar.Kind == PciBarKind.Memory64 ? "64-bit" : "32-bit";
        string prefetch = bar.Prefetchable ? "prefetchable" : "non-prefetchable";
        return $"Region {bar.Index}: Memory at {place} ({width}, {prefetch}) [size={FormatSize(bar.Bytes)}]";
    }

    private static void WriteBridge(TextWriter writer, PciBridge bridge)
    {
        writer.WriteLine($"\tBus: primary={bridge.Address.Bus:x2}, " +
            $"secondary={bridge.SecondaryBus:x2}, subordinate={bridge.SubordinateBus:x2}");
        WriteWindow(writer, "I/O", bridge.Io);
        WriteWindow(writer, "Memory", bridge.Memory);
        WriteWindow(writer, "Prefetchable memory", bridge.Prefetchable);
    }

    private static void WriteWindow(TextWriter writer, string name, PciRange? range)
    {
        writer.WriteLine(range is { } r
            ? $"\t{name} behind bridge: {r.First:x}-{r.Last:x} [size={FormatSize(r.Last - r.First + 1)}]"
            : $"\t{name} behind bridge: [disabled]");
    }
}
