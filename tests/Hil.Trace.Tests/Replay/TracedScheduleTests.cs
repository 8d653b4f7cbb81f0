using Hil.Kernel;
using Hil.Trace.Tests.Format;

namespace Hil.Trace.Tests.Replay;

public sealed class TracedScheduleTests
{
    /// <summary>A worker found no request, which is not on the trace: a replay must not take a question before it for
    /// one after it.</summary>
    [Fact]
    public void RequestThatCameAfterAWorkerFoundNoneIsSeenAtTheSameQuestion()
    {
        using var trace = new TemporaryTrace();
        var clock = new StoppedClock();
        using (TraceWriter writer = TraceWriter.Create(trace.Path))
            AskLive(new CaptureLog(writer, clock, TraceCategories.All));
        using TraceReader reader = TraceReader.Open(trace.Path);
        using var walk = new TraceWalk(reader);

        var replayed = new TracedSchedule(
            Schedule.Live, new ReplayLog(walk, clock, TraceCategories.All, again: null), static _ => { });

        Assert.False(replayed.SeesRequest(isWaiting: false)); // At a preemption point.
        Assert.Equal(RequestSource.None, replayed.ChooseRequest(isWaiting: false, out _));
        Assert.True(replayed.SeesRequest(isWaiting: false)); // In the idle loop.
    }

    private static void AskLive(CaptureLog log)
    {
        var captured = new TracedSchedule(Schedule.Live, log, static _ => { });
        Assert.False(captured.SeesRequest(isWaiting: false));
        Assert.Equal(RequestSource.None, captured.ChooseRequest(isWaiting: false, out _));
        Assert.True(captured.SeesRequest(isWaiting: true));
    }
}
