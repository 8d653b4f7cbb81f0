namespace Hil.Kernel;

// A device reaches RAM up to some address. Pages above it are bounced: a map register stands for one page of low
// memory that takes the place of the driver's page in the transfer. A driver reserves as many registers as its largest
// transfer touches pages (AllocateAdapterChannel, GetScatterGatherList), waits in line when there are too few, and
// gives them back afterwards. Registers are counted for every transfer and backed by memory only if a page really has
// to be bounced.

/// <summary>One device's way to memory: what it reaches, its map registers, and who waits for them.</summary>
internal sealed unsafe class DmaAdapter(
    NtKernel kernel, DMA_ADAPTER* visible, ulong highestAddress, bool canScatter, uint maximumLength)
{
    private readonly Stack<MapRegisters> _spareRegisters = new();
    private readonly Stack<DmaRequest> _spareRequests = new();
    private readonly LinkedList<DmaRequest> _waiting = new();

    /// <summary>16 MB in one transfer: more than drivers of devices with bounce buffers ask for.</summary>
    public const uint RegistersLimit = 4096;

    /// <summary>What the driver holds.</summary>
    public DMA_ADAPTER* Visible { get; } = visible;

    /// <summary>Last physical address that the device reaches.</summary>
    public ulong HighestAddress { get; } = highestAddress;

    /// <summary>Whether the device takes a transfer in several pieces.</summary>
    public bool CanScatter { get; } = canScatter;

    /// <summary>All map registers, and so the most that one request may ask for.</summary>
    public uint RegistersMax { get; } = Math.Min(BYTES_TO_PAGES(maximumLength) + 1, RegistersLimit);

    public uint RegistersInUse { get; private set; }

    /// <summary>What the owner of the channel holds (KeepObject until FreeAdapterChannel), or null.</summary>
    public MapRegisters? Channel { get; set; }

    /// <summary>Common buffers by address, with their lengths.</summary>
    public Dictionary<ulong, uint> CommonBuffers { get; } = [];

    /// <summary>Scatter/gather lists that are out, by address.</summary>
    public Dictionary<ulong, DmaList> Lists { get; } = [];

    /// <summary>Blocks of map registers that are out, by the value that the driver knows them by.</summary>
    public Dictionary<ulong, MapRegisters> Registers { get; } = [];

    /// <summary>Bytes copied to or from bounce buffers so far.</summary>
    public long BouncedBytes { get; set; }

    public int WaitingCount => _waiting.Count;

    public DmaRequest NewRequest() => _spareRequests.TryPop(out DmaRequest? request) ? request : new DmaRequest();

    /// <summary>Serves a request now if nobody waits and there are enough registers; else it waits in line.</summary>
    public void Submit(DmaRequest request)
    {
        if (_waiting.Count == 0 && CanServe(request))
            Serve(request);
        else
            _waiting.AddLast(request);
    }

    /// <summary>Takes the waiting request of a device out of the line; false when it does not wait.</summary>
    public bool Cancel(DEVICE_OBJECT* deviceObject)
    {
        for (LinkedListNode<DmaRequest>? node = _waiting.First; node != null; node = node.Next)
        {
            if (node.Value.DeviceObject != deviceObject)
                continue;
            _waiting.Remove(node);
            _spareRequests.Push(node.Value);
            ServeWaiting();
            return true;
        }
        return false;
    }

    /// <summary>Takes registers; there are enough.</summary>
    public MapRegisters Take(uint count)
    {
        Invariant.Holds(RegistersInUse + count <= RegistersMax, "map registers are taken when there are enough");
        RegistersInUse += count;
        if (!_spareRegisters.TryPop(out MapRegisters? registers))
            registers = new MapRegisters(kernel);
        registers.Open(count);
        Registers.Add(registers.Handle, registers);
        return registers;
    }

    /// <summary>Takes registers back. Who waits for them is served by a later <see cref="ServeWaiting"/>.</summary>
    public void Return(MapRegisters registers)
    {
        Registers.Remove(registers.Handle);
        RegistersInUse -= registers.Count;
        registers.Close();
        _spareRegisters.Push(registers);
    }

    /// <summary>Serves those who wait, in order, as far as channel and registers suffice.</summary>
    public void ServeWaiting()
    {
        while (_waiting.First is { } first && CanServe(first.Value))
        {
            _waiting.RemoveFirst();
            Serve(first.Value);
        }
    }

    /// <summary>Frees what only the host holds.</summary>
    public void Close()
    {
        foreach (MapRegisters registers in _spareRegisters)
            registers.Dispose();
        _spareRegisters.Clear();
    }

    private bool CanServe(DmaRequest request) =>
        request.Registers <= RegistersMax - RegistersInUse
        && (request.Kind != DmaRequestKind.Channel || Channel == null);

    private void Serve(DmaRequest request)
    {
        if (request.Kind == DmaRequestKind.Channel)
            DmaChannel.Grant(this, request);
        else
            DmaLists.Grant(this, request);
        _spareRequests.Push(request);
    }
}
