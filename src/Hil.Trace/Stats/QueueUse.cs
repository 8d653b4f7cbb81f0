namespace Hil.Trace;

/// <summary>How many IRPs waited behind a busy device.</summary>
public sealed class QueueUse(string device)
{
    private double _waited;
    private long _since = -1;

    public string Device { get; } = device;

    public int Depth { get; private set; }

    public int Max { get; private set; }

    /// <summary>Over the time from the first IRP that was queued or started to the last record.</summary>
    public double Average { get; private set; }

    private long First { get; set; } = -1;

    internal void Change(int by, long time)
    {
        Settle(time);
        Depth = Math.Max(0, Depth + by);
        Max = Math.Max(Max, Depth);
    }

    /// <summary>Counts the time up to now.</summary>
    internal void Settle(long time)
    {
        if (First < 0)
            First = _since = time;
        _waited += Depth * (double)Math.Max(0, time - _since);
        _since = Math.Max(_since, time);
        Average = _since == First ? 0 : _waited / (_since - First);
    }
}
