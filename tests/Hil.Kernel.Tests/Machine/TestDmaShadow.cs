namespace Hil.Kernel.Tests;

/// <summary>Counts shares, page by page; nothing is hidden from anybody.</summary>
public sealed class TestDmaShadow : IDmaShadow
{
    private readonly Dictionary<(ulong Page, DmaSharing Sharing), int> _shares = [];

    /// <summary>Number of observations.</summary>
    public int Observations { get; private set; }

    /// <summary>Ranges that were flushed, in order.</summary>
    public List<(ulong Address, ulong Bytes)> Flushes { get; } = [];

    /// <summary>Pages that are shared in either way.</summary>
    public int Count => _shares.Keys.Select(key => key.Page).Distinct().Count();

    /// <summary>How a page is seen: common if anybody says so; null when it is not shared.</summary>
    public DmaSharing? this[ulong address]
    {
        get
        {
            ulong page = address & ~(ulong)(PAGE_SIZE - 1);
            return _shares.ContainsKey((page, DmaSharing.Common)) ? DmaSharing.Common
                : _shares.ContainsKey((page, DmaSharing.Transfer)) ? DmaSharing.Transfer
                : null;
        }
    }

    public unsafe DmaSharing? Of(void* address) => this[(ulong)address];

    public void Share(ulong address, ulong bytes, DmaSharing sharing)
    {
        foreach (ulong page in PagesOf(address, bytes))
            _shares[(page, sharing)] = _shares.GetValueOrDefault((page, sharing)) + 1;
    }

    public void Unshare(ulong address, ulong bytes, DmaSharing sharing)
    {
        foreach (ulong page in PagesOf(address, bytes))
        {
            int left = _shares[(page, sharing)] - 1;
            if (left == 0)
                _shares.Remove((page, sharing));
            else
                _shares[(page, sharing)] = left;
        }
    }

    public void Observe() => Observations++;

    public void Flush(ulong address, ulong bytes) => Flushes.Add((address, bytes));

    private static IEnumerable<ulong> PagesOf(ulong address, ulong bytes)
    {
        if (bytes == 0)
            yield break;
        for (ulong page = address & ~(ulong)(PAGE_SIZE - 1); page < address + bytes; page += PAGE_SIZE)
            yield return page;
    }
}
