namespace Hil.Machine;

/// <summary>The virtual processor's page tables. The host owns and edits them; driver code cannot reach them.</summary>
/// <remarks>Intel SDM volume 3, section 4.5 (4-level paging).</remarks>
internal sealed unsafe class PageTables
{
    private const ulong Present = 1;
    private const ulong Writable = 2;
    private const ulong LargePage = 0x80;
    private const ulong NoExecute = 1UL << 63;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;
    private const ulong GigabyteBytes = 1UL << 30;
    private const int EntriesPerTable = 512;

    private readonly byte* _ram;
    private ulong _nextTable = MachineLayout.TablesOffset;

    public PageTables(byte* ram)
    {
        _ram = ram;
        new Span<byte>(ram + MachineLayout.MachineOffset, (int)MachineLayout.PageBytes).Clear();
    }

    /// <summary>Maps one page, or unmaps it with PageAccess.None.</summary>
    public void Map(ulong address, ulong physical, PageAccess access) => *EntryOf(address) = Entry(physical, access);

    /// <summary>Changes what a mapped range allows; the range maps consecutive physical pages.</summary>
    public void MapRange(ulong address, ulong physical, ulong bytes, PageAccess access)
    {
        for (ulong offset = 0; offset < bytes; offset += MachineLayout.PageBytes)
            Map(address + offset, physical + offset, access);
    }

    /// <summary>Maps the first 512 GB of physical memory with 1 GB pages.</summary>
    public void MapAllPhysical(ulong address)
    {
        ulong* directory = Next(Root, Index(address, 39));
        for (uint i = 0; i < EntriesPerTable; i++)
            directory[i] = (i * GigabyteBytes) | Present | Writable | LargePage | NoExecute;
    }

    private ulong* Root => (ulong*)(_ram + MachineLayout.MachineOffset);

    private ulong* EntryOf(ulong address)
    {
        ulong* table = Root;
        for (int shift = 39; shift > 12; shift -= 9)
            table = Next(table, Index(address, shift));
        return table + Index(address, 12);
    }

    private ulong* Next(ulong* table, int index)
    {
        if ((table[index] & Present) == 0)
            table[index] = AllocateTable() | Present | Writable;
        return (ulong*)(_ram + (table[index] & AddressMask));
    }

    private ulong AllocateTable()
    {
        ulong table = _nextTable;
        _nextTable += MachineLayout.PageBytes;
        Invariant.Holds(_nextTable <= MachineLayout.KernelOffset, "page tables fit in the machine region");
        new Span<byte>(_ram + table, (int)MachineLayout.PageBytes).Clear();
        return table;
    }

    private static int Index(ulong address, int shift) => (int)(address >> shift) & (EntriesPerTable - 1);

    private static ulong Entry(ulong physical, PageAccess access)
    {
        if (access == PageAccess.None)
            return 0;
        ulong entry = (physical & AddressMask) | Present;
        if ((access & PageAccess.Write) != 0)
            entry |= Writable;
        if ((access & PageAccess.Execute) == 0)
            entry |= NoExecute;
        return entry;
    }
}
