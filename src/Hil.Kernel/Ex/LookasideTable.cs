namespace Hil.Kernel;

/// <summary>The lookaside lists that drivers have initialised and not deleted, by address.</summary>
internal sealed unsafe class LookasideTable
{
    private readonly HashSet<ulong> _lists = [];

    public void Add(GENERAL_LOOKASIDE_POOL* list) => _lists.Add((ulong)list);

    public void Remove(GENERAL_LOOKASIDE_POOL* list) => _lists.Remove((ulong)list);

    /// <summary>A list that lies in a block of memory; 0 for none.</summary>
    public ulong FindIn(ulong address, ulong bytes)
    {
        if (bytes < (ulong)sizeof(GENERAL_LOOKASIDE_POOL))
            return 0;
        foreach (ulong list in _lists)
        {
            if (list - address < bytes)
                return list;
        }
        return 0;
    }
}
