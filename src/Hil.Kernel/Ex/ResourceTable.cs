namespace Hil.Kernel;

/// <summary>The resources that drivers have initialised, by address.</summary>
public sealed unsafe class ResourceTable
{
    private readonly NtKernel _kernel;
    private readonly Dictionary<nint, ResourceState> _states = [];

    internal ResourceTable(NtKernel kernel) => _kernel = kernel;

    internal void Add(ERESOURCE* resource)
    {
        RequireFree(resource, "initialised");
        _states[(nint)resource] = new ResourceState(_kernel.Scheduler, resource);
    }

    internal void Remove(ERESOURCE* resource)
    {
        RequireFree(resource, "deleted");
        if (!_states.Remove((nint)resource))
            FailUnknown(resource);
    }

    /// <summary>A resource that lies in a block of memory; 0 for none.</summary>
    internal ulong FindIn(ulong address, ulong bytes)
    {
        if (bytes < (ulong)sizeof(ERESOURCE))
            return 0;
        foreach (nint resource in _states.Keys)
        {
            if ((ulong)resource - address < bytes)
                return (ulong)resource;
        }
        return 0;
    }

    internal ResourceState Of(ERESOURCE* resource)
    {
        if (!_states.TryGetValue((nint)resource, out ResourceState? state))
            FailUnknown(resource);
        return state!;
    }

    private void RequireFree(ERESOURCE* resource, string what)
    {
        if (_states.TryGetValue((nint)resource, out ResourceState? state) && state.IsInUse)
            _kernel.Violation($"the resource at 0x{(ulong)resource:x} is {what} while threads own it or wait for it");
    }

    private void FailUnknown(ERESOURCE* resource) =>
        _kernel.BugCheck(
            BugCheckCodes.RESOURCE_NOT_OWNED, (ulong)resource, 0, 0, 0,
            $"0x{(ulong)resource:x} is no resource: ExInitializeResourceLite was not called, or it was deleted");
}
