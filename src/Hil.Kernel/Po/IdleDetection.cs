namespace Hil.Kernel;

/// <summary>Counts seconds without work per registered device and asks for a lower power state when they are
/// enough.</summary>
internal sealed unsafe class IdleDetection(NtKernel kernel)
{
    private const long SecondRelative = -10_000_000;
    private const int SecondMs = 1000;

    private sealed class Entry
    {
        public required DEVICE_OBJECT* Device { get; init; }

        /// <summary>Idle seconds; drivers clear it by storing 0 (PoSetDeviceBusy).</summary>
        public required uint* Counter { get; init; }

        public uint Limit { get; set; }

        public DEVICE_POWER_STATE State { get; set; }

        public int Busy { get; set; }
    }

    private readonly List<Entry> _entries = [];
    private KTIMER* _timer;
    private KDPC* _dpc;

    /// <summary>Registers a device or changes its registration; returns the idle counter.</summary>
    /// <param name="limit">Seconds.</param>
    public uint* Register(DEVICE_OBJECT* device, uint limit, DEVICE_POWER_STATE state)
    {
        Entry? entry = _entries.Find(known => known.Device == device);
        if (entry == null)
        {
            entry = new Entry { Device = device, Counter = PoolBuffer.AllocateOwn<uint>(sizeof(ulong)) };
            _entries.Add(entry);
        }
        (entry.Limit, entry.State) = (limit, state);
        *entry.Counter = 0;
        StartTimer();
        return entry.Counter;
    }

    public void Unregister(DEVICE_OBJECT* device)
    {
        Entry? entry = _entries.Find(known => known.Device == device);
        if (entry == null)
            return;
        _entries.Remove(entry);
        kernel.Pool.Free(entry.Counter);
        if (_entries.Count == 0 && _timer != null)
            Ntoskrnl.KeCancelTimer(_timer);
    }

    /// <summary>Begins (+1) or ends (-1) a stretch of work.</summary>
    public void AddBusy(uint* counter, int change)
    {
        Entry? entry = _entries.Find(known => known.Counter == counter);
        if (entry == null)
            return;
        entry.Busy += change;
        *counter = 0;
    }

    private void StartTimer()
    {
        if (_timer == null)
        {
            _timer = PoolBuffer.AllocateOwn<KTIMER>(sizeof(KTIMER));
            _dpc = PoolBuffer.AllocateOwn<KDPC>(sizeof(KDPC));
            Ntoskrnl.KeInitializeTimer(_timer);
            Ntoskrnl.KeInitializeDpc(_dpc, kernel.Gate.Register(Tick), null);
        }
        if (_entries.Count == 1)
            Ntoskrnl.KeSetTimerEx(_timer, SecondRelative, SecondMs, _dpc);
    }

    private ulong Tick(ulong* arguments)
    {
        foreach (Entry entry in _entries.ToArray())
        {
            if (entry.Busy > 0)
                *entry.Counter = 0;
            else if (++*entry.Counter == entry.Limit)
                GoDown(entry);
        }
        return 0;
    }

    private void GoDown(Entry entry)
    {
        var state = new POWER_STATE { DeviceState = entry.State };
        kernel.Pnp.Power.TryRequest(entry.Device, IRP_MN_SET_POWER, state, default, null, null);
    }
}
