namespace Hil.Trace;

/// <summary>The IRPs that live at a moment of a trace, and what each device is busy with.</summary>
internal sealed class TraceIrps
{
    private const int LivingMax = 200_000; // A hostile trace creates IRPs without end.
    private const int DevicesMax = 4096;
    private const int WaitingMax = 64; // Among so many, one that nobody has started is not the one an interrupt is for.

    private readonly Dictionary<ulong, IrpState> _living = [];
    private readonly Dictionary<ulong, ulong> _busy = [];
    private readonly Dictionary<ulong, ulong> _requests = [];
    private readonly HashSet<ulong> _devices = [];
    private IrpState? _last;
    private (ulong Number, uint Code)? _request;

    /// <summary>Whether StartIo of more than one device was called so far.</summary>
    public bool HasSeveralDevices => _devices.Count > 1;

    /// <summary>The IRP that some device is busy with, or the only one that lives; 0 when there are several.</summary>
    public ulong OnlyOne
    {
        get
        {
            if (_busy.Count == 1)
                return _busy.Values.First();
            if (_busy.Count > 1)
                return 0;
            if (_living.Count > WaitingMax)
                return 0;
            ulong only = 0;
            foreach ((ulong number, IrpState irp) in _living)
            {
                if (irp.IsCompleted || !irp.IsDispatched)
                    continue;
                if (only != 0)
                    return 0;
                only = number;
            }
            return only;
        }
    }

    public ulong BusyWith(ulong device) => _busy.GetValueOrDefault(device);

    public IrpState? Find(ulong number)
    {
        if (number == 0)
            return null;
        if (_last?.Number == number)
            return _last;
        if (!_living.TryGetValue(number, out IrpState? irp))
            return null;
        return _last = irp;
    }

    public IrpState Create(ulong number, ulong address, long time)
    {
        if (_living.Count >= LivingMax)
            _living.Clear();
        var irp = new IrpState
        {
            Number = number,
            Address = address,
            Created = time,
            Code = _request?.Code ?? 0,
            HasRequest = _request != null,
        };
        if (_request is { } request && _requests.Count < LivingMax)
            _requests[request.Number] = number;
        _request = null;
        return _last = _living[number] = irp;
    }

    /// <summary>A request from above has come: the next IRP is made for it.</summary>
    public void NoteRequest(ulong number, uint code) => _request = (number, code);

    /// <summary>The IRP that was made for a request that ends now, or 0.</summary>
    public ulong EndRequest(ulong number) => _requests.Remove(number, out ulong irp) ? irp : 0;

    public void Note(IrpState irp, TraceCursor record)
    {
        switch (record.Kind)
        {
            case TraceKind.IrpDispatch when !irp.IsDispatched:
                irp.IsDispatched = true;
                (irp.Device, irp.Major, irp.Minor) = (record.Text(record[1]), (byte)record[2], (byte)record[3]);
                break;
            case TraceKind.IrpQueue:
                irp.IsQueued = true;
                break;
            case TraceKind.StartIo:
                Start(irp, record[1], record.Time);
                break;
            case TraceKind.IrpComplete or TraceKind.IrpFinish:
                End(irp, record.Kind);
                break;
        }
    }

    private void Start(IrpState irp, ulong device, long time)
    {
        irp.IsQueued = false;
        irp.Started = time;
        irp.FirstIsr = irp.LastIsr = irp.LastDpc = -1;
        if (_devices.Count < DevicesMax)
            _devices.Add(device);
        if (_busy.Count < DevicesMax)
            _busy[device] = irp.Number;
    }

    private void End(IrpState irp, TraceKind kind)
    {
        irp.IsCompleted = true;
        irp.IsQueued = false;
        ulong device = 0;
        bool isBusy = false;
        foreach ((ulong busy, ulong number) in _busy)
        {
            if (number == irp.Number)
                (device, isBusy) = (busy, true);
        }
        if (isBusy)
            _busy.Remove(device);
        if (kind != TraceKind.IrpFinish)
            return;
        _living.Remove(irp.Number);
        _last = null;
    }
}
