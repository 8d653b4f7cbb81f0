namespace Hil.Trace;

/// <summary>A device's track: what it is busy with; and its queue's, once there is one.</summary>
internal sealed class TimelineDevice(int track, string name, Func<int> newTrack)
{
    private readonly HashSet<ulong> _waiting = [];
    private ulong _irp;
    private bool _isBusy;
    private int? _queue;

    public int Track => track;

    public void Queue(ITimelineSink sink, ulong irp, long now)
    {
        if (_waiting.Add(irp))
            CountQueue(sink, now);
    }

    public void Start(ITimelineSink sink, ulong irp, long now)
    {
        Leave(sink, irp, now);
        End(sink, now);
        (_irp, _isBusy) = (irp, true);
        sink.Begin(track, now, TimelineKind.StartIo, $"IRP {irp}", irp);
    }

    public void Complete(ITimelineSink sink, ulong irp, long now)
    {
        Leave(sink, irp, now);
        if (_irp == irp)
            End(sink, now);
    }

    public void End(ITimelineSink sink, long now)
    {
        if (_isBusy)
            sink.End(track, now);
        _isBusy = false;
    }

    private void Leave(ITimelineSink sink, ulong irp, long now)
    {
        if (_waiting.Remove(irp))
            CountQueue(sink, now);
    }

    private void CountQueue(ITimelineSink sink, long now)
    {
        if (_queue is not { } queue)
        {
            _queue = queue = newTrack();
            sink.Track(queue, $"{name} queue", isCounter: true);
        }
        sink.Count(queue, now, _waiting.Count);
    }
}
