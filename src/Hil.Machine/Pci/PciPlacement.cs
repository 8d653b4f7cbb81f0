// Places BARs. Sizes go up the tree, addresses come down: a bridge asks its parent for one range in each space, large
// enough for everything behind it; then the root's ranges are dealt out. Within a range the largest alignment goes
// first, which wastes nothing as long as sizes are powers of two.
//
// A bridge forwards memory below 4 GiB through one window and prefetchable memory, which may lie above, through
// another. So 64-bit prefetchable BARs go high where every bridge above them can follow, and everything else goes low.

namespace Hil.Machine.Pci;

/// <summary>Gives every BAR and bridge window a place. What does not fit stays at address 0 and is not
/// decoded.</summary>
internal sealed class PciPlacement
{
    private const ulong IoGranule = 4 << 10;
    private const ulong MemoryGranule = 1 << 20;
    private const ulong LargeBytes = 256 << 20;

    private readonly PciWindow[] _root;

    /// <param name="root">The ranges that the host bridge forwards, by <see cref="PciSpace"/>.</param>
    public PciPlacement(PciWindow[] root) => _root = root;

    /// <summary>Q35 as QEMU wires it up: ports above the chipset's, memory between the configuration window and the
    /// IOAPIC, and 64-bit memory where no RAM is and 40 address bits reach.</summary>
    public static PciWindow[] Q35Windows() =>
    [
        new() { Address = 0x6000, Bytes = 0xA000 },
        new() { Address = 0xC000_0000, Bytes = 0x3EC0_0000 },
        new() { Address = 0x40_0000_0000, Bytes = 0x40_0000_0000 },
    ];

    public void Place(List<PciNode> nodes)
    {
        foreach (PciSpace space in Enum.GetValues<PciSpace>())
        {
            List<Item> items = Collect(nodes, space, canGoHigh: true);
            Deal(items, _root[(int)space].Address, _root[(int)space].Limit);
        }
    }

    // What stands directly on a bus in one space: BARs, and the windows of bridges. Measures those windows on the way.
    private List<Item> Collect(List<PciNode> nodes, PciSpace space, bool canGoHigh)
    {
        List<Item> items = [];
        foreach (PciNode node in nodes)
        {
            foreach (PciBarSlot bar in node.Bars)
            {
                bool isHere = SpaceOf(bar, canGoHigh, isOnRootBus: node.Parent == null) == space;
                if (isHere && bar.Bytes <= _root[(int)space].Bytes)
                    items.Add(new Item(bar.Bytes, AlignmentOf(bar.Bytes, space), bar, null, []));
            }
            if (node.IsBridge && MeasureWindow(node, space, canGoHigh) is { } window)
                items.Add(window);
        }
        items.Sort(static (a, b) => b.Alignment.CompareTo(a.Alignment));
        return items;
    }

    private Item? MeasureWindow(PciNode bridge, PciSpace space, bool canGoHigh)
    {
        bool childrenCanGoHigh = canGoHigh && bridge.Windows[(int)PciSpace.Prefetchable].IsImplemented;
        List<Item> inside = Collect(bridge.Children, space, childrenCanGoHigh);
        PciWindow window = bridge.Windows[(int)space];
        if (inside.Count == 0 || !window.IsImplemented)
            return null;
        ulong granule = space == PciSpace.Io ? IoGranule : MemoryGranule;
        ulong bytes = 0;
        foreach (Item item in inside)
            bytes = AlignUp(bytes, item.Alignment) + item.Bytes;
        window.Bytes = AlignUp(bytes, granule);
        window.Alignment = Math.Max(granule, inside[0].Alignment);
        return new Item(window.Bytes, window.Alignment, null, window, inside);
    }

    private static void Deal(List<Item> items, ulong first, ulong limit)
    {
        ulong next = first;
        foreach (Item item in items)
        {
            ulong address = AlignUp(next, item.Alignment);
            if (address > limit || item.Bytes - 1 > limit - address)
                continue;
            next = address + item.Bytes;
            if (item.Bar != null)
                item.Bar.Address = address;
            if (item.Window == null)
                continue;
            item.Window.Address = address;
            Deal(item.Inside, address, item.Window.Limit);
        }
    }

    private static PciSpace SpaceOf(PciBarSlot bar, bool canGoHigh, bool isOnRootBus) => bar.Kind switch
    {
        PciBarKind.Io => PciSpace.Io,
        // No bridge window to respect, and too large to share the low range with others.
        PciBarKind.Memory64 when isOnRootBus && bar.Bytes >= LargeBytes => PciSpace.Prefetchable,
        PciBarKind.Memory64 when bar.Prefetchable && canGoHigh => PciSpace.Prefetchable,
        _ => PciSpace.Memory,
    };

    // No two devices share a page: a driver maps whole ones, and a device that is pulled out takes its own with it.
    private static ulong AlignmentOf(ulong bytes, PciSpace space) =>
        space == PciSpace.Io ? bytes : Math.Max(bytes, MachineLayout.PageBytes);

    private static ulong AlignUp(ulong value, ulong alignment) => (value + alignment - 1) & ~(alignment - 1);

    private sealed record Item(ulong Bytes, ulong Alignment, PciBarSlot? Bar, PciWindow? Window, List<Item> Inside);
}
