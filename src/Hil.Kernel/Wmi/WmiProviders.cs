namespace Hil.Kernel;

/// <summary>Devices that have registered with WMI, their data blocks, and who listens to events.</summary>
/// <remarks>A device is asked for its blocks (IRP_MN_REGINFO_EX, then IRP_MN_REGINFO) when a consumer first comes, and
/// again after it has said that they changed.</remarks>
internal sealed unsafe class WmiProviders
{
    private const uint FirstInfoBytes = 0x1000;

    private readonly Dictionary<nint, uint> _ids = [];
    private readonly Dictionary<nint, List<WmiBlock>?> _registered = [];
    private readonly Dictionary<Guid, uint> _instanceIds = [];
    private readonly List<WmiDataBlock> _listeners = [];

    /// <summary>Registers a device, or makes it be asked anew.</summary>
    public void Add(DEVICE_OBJECT* device) => _registered[(nint)device] = null;

    public bool Remove(DEVICE_OBJECT* device) => _registered.Remove((nint)device);

    public bool IsRegistered(DEVICE_OBJECT* device) => _registered.ContainsKey((nint)device);

    /// <summary>A number for a device that fits 32 bits.</summary>
    public uint IdOf(DEVICE_OBJECT* device)
    {
        if (!_ids.TryGetValue((nint)device, out uint id))
            _ids.Add((nint)device, id = (uint)_ids.Count + 1);
        return id;
    }

    /// <summary>The first of a number of instance ids of a class that nobody has been given.</summary>
    public uint AllocateInstanceIds(Guid guid, uint count)
    {
        uint first = _instanceIds.GetValueOrDefault(guid);
        _instanceIds[guid] = first + count;
        return first;
    }

    /// <summary>Who provides a class, in order of registration. Sends requests to devices that have not been asked
    /// yet.</summary>
    public List<WmiBlock> Find(NtKernel kernel, Guid guid)
    {
        List<WmiBlock> found = [];
        foreach (nint device in _registered.Keys.ToArray())
        {
            foreach (WmiBlock block in BlocksOf(kernel, device))
            {
                if (block.Guid == guid)
                    found.Add(block);
            }
        }
        return found;
    }

    /// <summary>Somebody listens to a class's events from now on; true for the first.</summary>
    public bool Listen(WmiDataBlock listener)
    {
        bool isFirst = !HasListener(listener.Guid);
        if (!_listeners.Contains(listener))
            _listeners.Add(listener);
        return isFirst;
    }

    /// <summary>Nobody listens through a data block any more; true if nobody does at all.</summary>
    public bool EndListening(WmiDataBlock listener) => _listeners.Remove(listener) && !HasListener(listener.Guid);

    public bool HasListener(Guid guid) => _listeners.Exists(listener => listener.Guid == guid);

    /// <summary>Calls everybody who listens to an event's class. At PASSIVE_LEVEL.</summary>
    public void Tell(NtKernel kernel, WNODE_HEADER* wnode)
    {
        Guid guid = wnode->Guid;
        foreach (WmiDataBlock listener in _listeners.ToArray())
        {
            if (listener.Guid == guid && !listener.Callback.IsNull)
                kernel.Processor.Call(listener.Callback, wnode, listener.Context);
        }
    }

    private List<WmiBlock> BlocksOf(NtKernel kernel, nint device)
    {
        if (kernel.Objects.Find((void*)device) == null)
        {
            _registered.Remove(device); // It was deleted without a word.
            return [];
        }
        if (!_registered.TryGetValue(device, out List<WmiBlock>? blocks))
            return [];
        if (blocks != null)
            return blocks;
        blocks = Ask(kernel, (DEVICE_OBJECT*)device);
        if (_registered.ContainsKey(device))
            _registered[device] = blocks;
        return blocks;
    }

    private static List<WmiBlock> Ask(NtKernel kernel, DEVICE_OBJECT* device)
    {
        using var request = new WmiRequest(kernel, FirstInfoBytes);
        foreach (byte minor in (ReadOnlySpan<byte>)[IRP_MN_REGINFO_EX, IRP_MN_REGINFO])
        {
            NTSTATUS status = AskOnce(request, device, minor, out ulong information);
            if (status.IsSuccess && information > sizeof(uint))
                return new RegistrationInfo(device, request.Buffer, (uint)Math.Min(information, request.Bytes))
                    .Read(areDevicesReferenced: minor == IRP_MN_REGINFO_EX);
        }
        return [];
    }

    // The data path says WMIREGISTER, which is 0. A buffer that is too small gets the size that is needed, and
    // Information says that it is only that.
    private static NTSTATUS AskOnce(WmiRequest request, DEVICE_OBJECT* device, byte minor, out ulong information)
    {
        information = 0;
        if (request.Buffer == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        NTSTATUS status = request.Send(device, minor, null, out information);
        bool isTooSmall = status == STATUS_BUFFER_TOO_SMALL || (status.IsSuccess && information == sizeof(uint));
        if (!isTooSmall)
            return status;
        request.Reserve(*(uint*)request.Buffer);
        return request.Buffer == null
            ? STATUS_INSUFFICIENT_RESOURCES
            : request.Send(device, minor, null, out information);
    }
}
