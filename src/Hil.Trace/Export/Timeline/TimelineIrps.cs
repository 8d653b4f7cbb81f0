namespace Hil.Trace;

/// <summary>The lanes of IRPs: each from its creation to its completion, on the first lane that is free.</summary>
internal sealed class TimelineIrps(ITimelineSink sink, Func<int> newTrack)
{
    private const int LanesMax = 64; // More at once than anybody can look at; the others have no span.

    private readonly List<int> _lanes = [];
    private readonly SortedSet<int> _free = [];
    private readonly Dictionary<ulong, Life> _living = [];

    public void Follow(TraceCursor record, IrpState irp, long now)
    {
        switch (record.Kind)
        {
            case TraceKind.IrpCreate:
                Close(irp.Number, null, now);
                _living[irp.Number] = new Life(irp, TakeLane(), now);
                break;
            case TraceKind.IrpDispatch when _living.TryGetValue(irp.Number, out Life? life) && !life.IsOpen:
                Open(life, irp.Device);
                break;
            // Nothing comes after the completion of an IRP that a driver made, or the PnP manager.
            case TraceKind.IrpComplete or TraceKind.IrpFinish:
                Close(irp.Number, record[1], now);
                break;
        }
    }

    /// <summary>Ends those that the trace does not.</summary>
    public void End(long now)
    {
        foreach (Life life in _living.Values.ToArray())
            Close(life.Irp.Number, null, now);
    }

    private void Open(Life life, string device)
    {
        life.IsOpen = true;
        life.Device = device;
        if (life.Lane is { } lane)
        {
            string name = $"IRP {life.Irp.Number} {life.Irp.Request}";
            sink.Begin(lane, life.Begun, TimelineKind.Irp, name, life.Irp.Number);
        }
    }

    private void Close(ulong number, ulong? status, long now)
    {
        if (!_living.Remove(number, out Life? life))
            return;
        if (!life.IsOpen)
            Open(life, "");
        if (life.Lane is { } lane)
        {
            sink.End(lane, now);
            _free.Add(lane);
        }
        sink.Irp(life.Irp, life.Device, status is { } code ? RecordWords.Status(code) : null,
            status is { } failed && !new NTSTATUS((int)failed).IsSuccess, life.Begun, now);
    }

    private int? TakeLane()
    {
        if (_free.Count != 0)
        {
            int free = _free.Min;
            _free.Remove(free);
            return free;
        }
        if (_lanes.Count >= LanesMax)
            return null;
        int lane = newTrack();
        _lanes.Add(lane);
        sink.Track(lane, _lanes.Count == 1 ? "IRPs" : $"IRPs {_lanes.Count}", isCounter: false);
        return lane;
    }

    private sealed class Life(IrpState irp, int? lane, long begun)
    {
        public IrpState Irp { get; } = irp;

        public int? Lane { get; } = lane;

        public long Begun { get; } = begun;

        public bool IsOpen { get; set; }

        public string Device { get; set; } = "";
    }
}
