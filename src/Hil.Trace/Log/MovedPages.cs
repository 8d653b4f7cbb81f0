namespace Hil.Trace;

// Another build of a driver allocates other memory, so the addresses that it tells its device are others. A value that
// differs from the recorded one, but is an address in RAM with the same offset in its page as the recorded one, is taken
// for the same buffer in another place; what the device wrote to the one then goes to the other. Addresses that a driver
// leaves in memory for its device are not seen.

/// <summary>Buffers that lie elsewhere than when the trace was made.</summary>
internal sealed class MovedPages(IGuestMemory memory)
{
    private const ulong PageBytes = 4096;

    private readonly SortedList<ulong, ulong> _pages = [];

    /// <summary>Whether two values written to a register mean the same.</summary>
    public bool IsSame(ulong recorded, ulong actual)
    {
        if (recorded == actual)
            return true;
        if (recorded % PageBytes != actual % PageBytes || !IsRam(recorded) || !IsRam(actual))
            return false;
        ulong from = memory.AddressOf(recorded) / PageBytes;
        ulong to = memory.AddressOf(actual) / PageBytes;
        _pages[from] = to;
        return true;
    }

    /// <summary>Where bytes go that the device wrote to a recorded address.</summary>
    public ulong Find(ulong recorded)
    {
        const ulong BufferPagesMax = 256;
        ulong page = recorded / PageBytes;
        for (int i = _pages.Count - 1; i >= 0; i--)
        {
            ulong from = _pages.GetKeyAtIndex(i);
            if (from <= page)
                return page - from < BufferPagesMax
                    ? recorded + (_pages.GetValueAtIndex(i) - from) * PageBytes
                    : recorded;
        }
        return recorded;
    }

    private bool IsRam(ulong physical) =>
        physical >= memory.UserBase - memory.Base && memory.AddressOf(physical) != 0;
}
