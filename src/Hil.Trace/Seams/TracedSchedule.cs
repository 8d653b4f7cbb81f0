namespace Hil.Trace;

/// <summary>The seam at free choices and at requests from above.</summary>
/// <param name="repeat">Does a recorded request again; only a replay asks.</param>
internal sealed class TracedSchedule(Schedule inner, TraceLog log, Action<OutsideRequest> repeat) : Schedule
{
    private const ulong Thread = 0;
    private const ulong DeferredInterrupt = 1;

    public override bool WatchesRequests => log.Wants(TraceKind.Request);

    // The first of equals is what a live run chooses: only other choices are records.
    public override int ChooseThread(int count)
    {
        int chosen = log.IsLive ? inner.ChooseThread(count) : 0;
        Span<ulong> fields = [0, Thread, (ulong)chosen];
        if (!log.Happens(TraceKind.Choice, chosen != 0, fields))
            return 0;
        if (fields[2] >= (ulong)count)
            log.Fail(new TraceReplayException($"the trace chooses thread {fields[2]} of {count}: it is damaged"));
        return (int)fields[2];
    }

    public override bool TakeInterruptNow() =>
        !log.Happens(TraceKind.Choice, log.IsLive && !inner.TakeInterruptNow(), [0, DeferredInterrupt, 0]);

    public override void FillRandom(Span<byte> destination)
    {
        if (log.IsLive)
            inner.FillRandom(destination);
        log.Exchange(TraceKind.Random, [], destination);
    }

    public override bool SeesRequest(bool isWaiting) => log.Ask(TraceKind.RequestSeen, isWaiting);

    public override RequestSource ChooseRequest(bool isWaiting, out Action? given)
    {
        log.NoteIrql();
        RequestSource source =
            log.IsLive ? inner.ChooseRequest(isWaiting, out given) : TakeRecorded(isWaiting, out given);
        // After this the question whether a request waits is asked anew, and its yes is a record again.
        if (source == RequestSource.None)
            log.Reset(TraceKind.RequestSeen);
        return source;
    }

    public override void OnRequest(OutsideRequest request)
    {
        if (request.Kind == OutsideRequestKind.Unknown)
            log.NoteInexact(
                "a request from above that cannot be written down (Scheduler.Run with code of one's own)", 0);

        TraceRequests.Write(log, request);
    }

    public override void OnRequestEnd(
        OutsideRequest request, NTSTATUS status, ulong information, ReadOnlySpan<byte> output) =>
        log.Add(TraceKind.RequestDone, [(ulong)request.Number, (uint)status.Value, information], output);

    // In the queue of a replay there is only what the kernel asks of itself.
    private RequestSource TakeRecorded(bool isWaiting, out Action? given)
    {
        given = null;
        if (isWaiting && log.TakesQueueFirst)
            return RequestSource.Queue;
        if (!log.TryPeekRequest(out OutsideRequest? request))
            return RequestSource.None;
        if (request.Kind == OutsideRequestKind.Internal)
            return RequestSource.Queue;
        OnRequest(request);
        given = () => Repeat(request);
        return RequestSource.Schedule;
    }

    // Nobody waits for the request, so nobody else would hear of this.
    private void Repeat(OutsideRequest request)
    {
        try
        {
            repeat(request);
            if (request.EndsWithItsWork)
                OnRequestEnd(request, NtStatus.STATUS_SUCCESS, 0, default);
        }
        catch (Exception e) when (e is not (BugCheckException or MachineLostException))
        {
            log.Fail(e);
        }
    }
}
