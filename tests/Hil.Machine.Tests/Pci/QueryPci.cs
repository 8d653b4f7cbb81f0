using System.Globalization;
using System.Text.Json;
using Hil.Kernel.Platform;
using Hil.Machine.Pci;

namespace Hil.Machine.Tests.Pci;

/// <summary>QEMU's own view of the PCI bus (QMP query-pci) and ours, as the same text, so that they can be
/// compared.</summary>
internal static class QueryPci
{
    public static string Describe(JsonElement buses)
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        foreach (JsonElement bus in buses.EnumerateArray())
            DescribeBus(bus.GetProperty("devices"), lines);
        return string.Join('\n', lines);
    }

    public static string Describe(PciTopology topology)
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        foreach (PciFunction function in topology.Functions)
        {
            lines.Add($"{function.Address} {function.VendorId:x4}:{function.DeviceId:x4} " +
                $"class {function.ClassCode >> 8:x4} pin {function.InterruptPin}");
            foreach (PciBar bar in function.Bars)
            {
                string kind = bar.Kind == PciBarKind.Io ? "io" : "memory";
                lines.Add($"{function.Address} bar {bar.Index} {kind} 64={bar.Kind == PciBarKind.Memory64} " +
                    $"prefetch={bar.Prefetchable} {bar.Address:x} +{bar.Bytes:x}");
            }
        }
        foreach (PciBridge bridge in topology.Bridges)
        {
            lines.Add($"{bridge.Address} bridge {bridge.SecondaryBus}-{bridge.SubordinateBus}");
            AddRange(lines, bridge.Address.ToString(), "io", bridge.Io);
            AddRange(lines, bridge.Address.ToString(), "memory", bridge.Memory);
            AddRange(lines, bridge.Address.ToString(), "prefetchable", bridge.Prefetchable);
        }
        return string.Join('\n', lines);
    }

    private static void DescribeBus(JsonElement devices, SortedSet<string> lines)
    {
        foreach (JsonElement device in devices.EnumerateArray())
            DescribeDevice(device, lines);
    }

    private static void DescribeDevice(JsonElement device, SortedSet<string> lines)
    {
        var address = new PciAddress(
            (byte)Number(device, "bus"), (byte)Number(device, "slot"), (byte)Number(device, "function"));
        JsonElement id = device.GetProperty("id");
        long deviceClass = Number(device.GetProperty("class_info"), "class");
        lines.Add($"{address} {Number(id, "vendor"):x4}:{Number(id, "device"):x4} " +
            $"class {deviceClass:x4} pin {Number(device, "irq_pin")}");
        foreach (JsonElement region in device.GetProperty("regions").EnumerateArray())
            DescribeRegion(address, region, lines);
        if (!device.TryGetProperty("pci_bridge", out JsonElement bridge))
            return;
        JsonElement bus = bridge.GetProperty("bus");
        lines.Add($"{address} bridge {Number(bus, "secondary")}-{Number(bus, "subordinate")}");
        foreach (string name in new[] { "io", "memory", "prefetchable" })
        {
            JsonElement range = bus.GetProperty(name + "_range");
            PciRange found = new((ulong)Number(range, "base"), (ulong)Number(range, "limit"));
            AddRange(lines, address.ToString(), name, found.First < found.Last ? found : null);
        }
        if (bridge.TryGetProperty("devices", out JsonElement devices))
            DescribeBus(devices, lines);
    }

    private static void DescribeRegion(PciAddress address, JsonElement region, SortedSet<string> lines)
    {
        const int ExpansionRom = 6;
        string kind = region.GetProperty("type").GetString()!;
        if (Number(region, "bar") == ExpansionRom)
            return;
        bool is64 = region.TryGetProperty("mem_type_64", out JsonElement wide) && wide.GetBoolean();
        bool prefetch = region.TryGetProperty("prefetch", out JsonElement p) && p.GetBoolean();
        lines.Add($"{address} bar {Number(region, "bar")} {kind} 64={is64} " +
            $"prefetch={prefetch} {Number(region, "address"):x} +{Number(region, "size"):x}");
    }

    private static void AddRange(SortedSet<string> lines, string address, string name, PciRange? range)
    {
        if (range is { } r)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{address} forwards {name} {r.First:x}-{r.Last:x}"));
    }

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();
}
