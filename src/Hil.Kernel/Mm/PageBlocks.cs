namespace Hil.Kernel;

/// <summary>What kind of routine gave out a block of pages, so that its counterpart takes it back.</summary>
internal enum PageBlockKind
{
    Contiguous,
    NonCached,
    MdlPages,
    DeviceMapping,
    RamMapping,
    UserMapping,
}

/// <summary>Page allocations and device mappings that drivers hold, by address: they free most of them by address
/// alone.</summary>
public sealed class PageBlocks
{
    private readonly Dictionary<ulong, Block> _blocks = [];

    private readonly record struct Block(PageBlockKind Kind, nuint Bytes, ulong Caller);

    /// <summary>Number of blocks that drivers hold.</summary>
    public int Count => _blocks.Count;

    /// <summary>Blocks that the code of one driver image holds, as sentences for a leak report.</summary>
    public IEnumerable<string> Outstanding(LoadedModule module)
    {
        foreach ((ulong address, Block block) in _blocks)
        {
            if (block.Caller - module.Base < module.Bytes)
                yield return $"{block.Kind} memory at 0x{address:x}, {block.Bytes} bytes, "
                    + $"from {module.Name}+0x{block.Caller - module.Base:x}";
        }
    }

    /// <summary>Address and size of what MmMapIoSpace has mapped.</summary>
    internal IEnumerable<(ulong Address, nuint Bytes)> IoMappings
    {
        get
        {
            foreach ((ulong address, Block block) in _blocks)
            {
                if (block.Kind is PageBlockKind.DeviceMapping or PageBlockKind.RamMapping)
                    yield return (address, block.Bytes);
            }
        }
    }

    internal void Add(ulong address, PageBlockKind kind, nuint bytes) =>
        _blocks[address] = new Block(kind, bytes, NtKernel.Current.Processor.DriverRip);

    /// <summary>Removes a block of the right kind; false when there is none at the address.</summary>
    internal bool TryRemove(ulong address, PageBlockKind kind, out nuint bytes)
    {
        if (!_blocks.TryGetValue(address, out Block block) || block.Kind != kind)
        {
            bytes = 0;
            return false;
        }
        bytes = block.Bytes;
        return _blocks.Remove(address);
    }
}
