using System.Runtime.InteropServices;

namespace Hil.Trace;

/// <summary>Memory that a driver has let devices know of: a common buffer, what an MDL describes, a page.</summary>
/// <param name="number">How many were shared before.</param>
internal sealed class SharedRegion(ulong address, ulong bytes, long number)
{
    private const ulong PageMask = 4095;

    /// <summary>In the window.</summary>
    public ulong Address { get; } = address;

    public ulong Bytes { get; } = bytes;

    public long Number { get; } = number;

    public ulong FirstPage => Address & ~PageMask;

    /// <summary>Behind the last page: devices are kept off by the page.</summary>
    public ulong End => (Address + Bytes + PageMask) & ~PageMask;

    /// <summary>How often it is shared.</summary>
    public int Shares { get; set; }

    /// <summary>The region of the other run that stands for this one, once that is known.</summary>
    public SharedRegion? Counterpart { get; set; }

    public bool Has(ulong at) => at - Address < Bytes;
}

/// <summary>The regions that are shared at a moment of a run, in the order in which they were.</summary>
internal sealed class SharedRegions
{
    private const int PageShift = 12;

    // The reserve of a capture is 8,192 pages. A trace that shares far more makes us look for ever.
    private const int RegionsMax = 16_384;
    private const ulong PagesMax = 1 << 20;

    private readonly Dictionary<(ulong Address, ulong Bytes), SharedRegion> _regions = [];
    private readonly Dictionary<ulong, List<SharedRegion>> _ofPage = [];
    private ulong _pages;
    private long _shared;

    /// <summary>False when there are more than there can be.</summary>
    public bool TryShare(ulong address, ulong bytes)
    {
        if (bytes == 0)
            return true;
        ref SharedRegion? region = ref CollectionsMarshal.GetValueRefOrAddDefault(_regions, (address, bytes), out _);
        if (region == null)
        {
            region = new SharedRegion(address, bytes, _shared++);
            _pages += (region.End - region.FirstPage) >> PageShift;
            if (_regions.Count > RegionsMax || _pages > PagesMax)
                return false;
            for (ulong page = region.FirstPage; page != region.End; page += 1 << PageShift)
                (CollectionsMarshal.GetValueRefOrAddDefault(_ofPage, page, out _) ??= []).Add(region);
        }
        region.Shares++;
        return true;
    }

    /// <summary>The region that is not shared any more; null when it still is, or never was.</summary>
    public SharedRegion? Unshare(ulong address, ulong bytes)
    {
        if (!_regions.TryGetValue((address, bytes), out SharedRegion? region) || --region.Shares != 0)
            return null;
        _regions.Remove((address, bytes));
        _pages -= (region.End - region.FirstPage) >> PageShift;
        for (ulong page = region.FirstPage; page != region.End; page += 1 << PageShift)
        {
            List<SharedRegion> regions = _ofPage[page];
            regions.Remove(region);
            if (regions.Count == 0)
                _ofPage.Remove(page);
        }
        return region;
    }

    /// <summary>The last region that an address was shared with; null for memory that no device knows of.</summary>
    public SharedRegion? Find(ulong address)
    {
        if (!_ofPage.TryGetValue(address >> PageShift << PageShift, out List<SharedRegion>? regions))
            return null;
        for (int i = regions.Count - 1; i >= 0; i--)
        {
            if (regions[i].Has(address))
                return regions[i];
        }
        return regions[^1];
    }

    /// <summary>Whether a device may write to all of these bytes.</summary>
    public bool Cover(ulong address, ulong bytes)
    {
        if (bytes == 0 || bytes - 1 > ulong.MaxValue - address)
            return bytes == 0;
        ulong last = (address + bytes - 1) >> PageShift;
        for (ulong page = address >> PageShift; page <= last; page++)
        {
            if (!_ofPage.ContainsKey(page << PageShift))
                return false;
        }
        return true;
    }

    /// <summary>How many regions without a counterpart were shared before this one.</summary>
    /// <param name="bytes">Only of this size; 0 for any.</param>
    public int RankOf(SharedRegion region, ulong bytes)
    {
        int rank = 0;
        foreach (SharedRegion other in _regions.Values)
        {
            if (IsUnpaired(other, bytes) && other.Number < region.Number)
                rank++;
        }
        return rank;
    }

    /// <summary>The region without a counterpart that has a rank, or null.</summary>
    public SharedRegion? FindUnpaired(int rank, ulong bytes) => _regions.Values.Where(other => IsUnpaired(other, bytes))
        .OrderBy(static other => other.Number).ElementAtOrDefault(rank);

    private static bool IsUnpaired(SharedRegion region, ulong bytes) =>
        region.Counterpart == null && (bytes == 0 || region.Bytes == bytes);
}
