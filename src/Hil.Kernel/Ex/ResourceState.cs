namespace Hil.Kernel;

internal enum ResourceRequest : byte
{
    Exclusive,

    /// <summary>Behind waiting writers, unless the thread owns it already.</summary>
    Shared,

    /// <summary>Past waiting writers.</summary>
    SharedStarveExclusive,

    /// <summary>Behind waiting writers in any case.</summary>
    SharedWaitForExclusive,
}

/// <summary>Owners of a resource and those who wait for it, in order of arrival.</summary>
internal sealed unsafe class ResourceState(Scheduler scheduler, ERESOURCE* resource)
{
    private readonly List<(nuint Owner, int Count)> _owners = [];
    private readonly List<(KernelThread Thread, ResourceRequest Request)> _waiters = [];
    private bool _isExclusive;

    public bool IsInUse => _owners.Count != 0 || _waiters.Count != 0;

    public bool Acquire(ResourceRequest request, bool wait)
    {
        KernelThread thread = scheduler.CurrentThread;
        if (CanGrant(request, (nuint)thread.Block))
        {
            Grant(request, (nuint)thread.Block);
            return true;
        }
        if (!wait)
            return false;
        resource->ContentionCount++;
        _waiters.Add((thread, request));
        CountWaiters();
        scheduler.Suspend(); // Whoever releases the resource grants it before it ends the wait.
        return true;
    }

    public bool TryRelease(nuint owner)
    {
        int index = IndexOf(owner);
        if (index < 0)
            return false;
        if (_owners[index].Count > 1)
        {
            _owners[index] = (owner, _owners[index].Count - 1);
            return true;
        }
        _owners.RemoveAt(index);
        if (_owners.Count == 0)
            _isExclusive = false;
        GrantWaiters();
        return true;
    }

    public void ConvertToShared()
    {
        _isExclusive = false;
        GrantWaiters();
    }

    public bool IsExclusiveOf(nuint owner) => _isExclusive && IndexOf(owner) >= 0;

    public int CountOf(nuint owner)
    {
        int index = IndexOf(owner);
        return index < 0 ? 0 : _owners[index].Count;
    }

    public void Rename(nuint owner, nuint other)
    {
        int index = IndexOf(owner);
        if (index < 0 || owner == other)
            return;
        int known = IndexOf(other);
        if (known < 0)
        {
            _owners[index] = (other, _owners[index].Count);
            return;
        }
        _owners[known] = (other, _owners[known].Count + _owners[index].Count);
        _owners.RemoveAt(index);
        resource->ActiveEntries = (uint)_owners.Count;
    }

    private bool CanGrant(ResourceRequest request, nuint owner)
    {
        if (_owners.Count == 0)
            return request is ResourceRequest.Exclusive or ResourceRequest.SharedStarveExclusive
                || !HasExclusiveWaiter();
        bool isOwner = IndexOf(owner) >= 0;
        if (_isExclusive)
            return isOwner;
        return request switch
        {
            ResourceRequest.Exclusive => false, // An owner that shares it would wait for itself, as on Windows.
            ResourceRequest.Shared => isOwner || !HasExclusiveWaiter(),
            ResourceRequest.SharedStarveExclusive => true,
            _ => !HasExclusiveWaiter(),
        };
    }

    private void Grant(ResourceRequest request, nuint owner)
    {
        int index = IndexOf(owner);
        if (index >= 0)
        {
            _owners[index] = (owner, _owners[index].Count + 1);
            return;
        }
        _isExclusive = request == ResourceRequest.Exclusive;
        _owners.Add((owner, 1));
        resource->ActiveEntries = (uint)_owners.Count;
    }

    // In order of arrival: one writer, or all readers up to the next writer.
    private void GrantWaiters()
    {
        while (_waiters.Count != 0)
        {
            (KernelThread thread, ResourceRequest request) = _waiters[0];
            bool isExclusive = request == ResourceRequest.Exclusive;
            if (_owners.Count != 0 && (isExclusive || _isExclusive))
                break;
            _waiters.RemoveAt(0);
            Grant(request, (nuint)thread.Block);
            scheduler.EndWait(thread, STATUS_SUCCESS);
            if (isExclusive)
                break;
        }
        resource->ActiveEntries = (uint)_owners.Count;
        CountWaiters();
    }

    private bool HasExclusiveWaiter() => resource->NumberOfExclusiveWaiters != 0;

    private void CountWaiters()
    {
        uint exclusive = 0;
        foreach ((_, ResourceRequest request) in _waiters)
            exclusive += request == ResourceRequest.Exclusive ? 1u : 0;
        resource->NumberOfExclusiveWaiters = exclusive;
        resource->NumberOfSharedWaiters = (uint)_waiters.Count - exclusive;
    }

    private int IndexOf(nuint owner)
    {
        for (int i = 0; i < _owners.Count; i++)
        {
            if (_owners[i].Owner == owner)
                return i;
        }
        return -1;
    }
}
