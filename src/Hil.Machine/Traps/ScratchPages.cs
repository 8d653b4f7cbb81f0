namespace Hil.Machine.Traps;

/// <summary>Pages of ordinary memory that stand in for device pages while one instruction runs.</summary>
internal sealed unsafe class ScratchPages(RamWindow ram)
{
    private readonly ulong[] _pages = new ulong[MachineLayout.ScratchPages];
    private int _count;

    /// <summary>Makes a device page accessible. False when there are as many as an instruction can touch.</summary>
    /// <param name="isReal">The device itself in place of a scratch page.</param>
    public bool TryMap(ulong address, bool isReal)
    {
        ulong page = PageOf(address);
        if (IndexOf(page) >= 0)
            return true;
        if (_count == _pages.Length)
            return false;
        ram.ShowDevicePage(page, isReal ? null : _count);
        _pages[_count++] = page;
        return true;
    }

    /// <summary>Takes all of them away again.</summary>
    public void UnmapAll()
    {
        for (int i = 0; i < _count; i++)
            ram.HideDevicePage(_pages[i]);
        _count = 0;
    }

    /// <summary>Where the byte that the instruction sees at a device address is in our memory.</summary>
    public byte* Find(ulong address) =>
        ram.ScratchPage(IndexOf(PageOf(address))) + address % MachineLayout.PageBytes;

    private int IndexOf(ulong page) => _pages.AsSpan(0, _count).IndexOf(page);

    private static ulong PageOf(ulong address) => address & ~(MachineLayout.PageBytes - 1);
}
