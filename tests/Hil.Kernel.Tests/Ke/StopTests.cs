namespace Hil.Kernel.Tests.Ke;

public sealed class StopTests
{
    [Fact]
    public async Task BugCheckReleasesEveryBlockedThread()
    {
        using var machine = new TestMachine();
        var never = new TestEvent(machine);
        Task<int>[] waiting =
            [.. Enumerable.Range(0, 5).Select(_ => machine.Kernel.Scheduler.RunAsync(() => never.Wait()))];

        BugCheckReport report = machine.RunToBugCheck(() => KeLowerIrql(HIGH_LEVEL));

        foreach (Task<int> waiter in waiting)
        {
            BugCheckException thrown = await Assert.ThrowsAsync<BugCheckException>(() => waiter);
            Assert.Same(report, thrown.Report);
        }
    }

    [Fact]
    public void StoppedMachineRefusesFurtherRequests()
    {
        using var machine = new TestMachine();
        BugCheckReport report = machine.RunToBugCheck(static () => KeLowerIrql(HIGH_LEVEL));

        Assert.Same(report, Assert.Throws<BugCheckException>(() => machine.Run(static () => { })).Report);
    }

    [Fact]
    public void FirstBugCheckStands()
    {
        using var machine = new TestMachine();
        BugCheckReport first = machine.RunToBugCheck(static () => KeLowerIrql(HIGH_LEVEL));

        Assert.Equal(BugCheckCodes.IRQL_NOT_LESS_OR_EQUAL, first.Code);
        Assert.Same(first, machine.Kernel.StoppedBy);
    }

    [Fact]
    public async Task WhoeverHearsThatTheMachineWasLostFindsItStopped()
    {
        using var machine = new TestMachine();
        Task<int>? request = null;
        bool wasAnsweredBefore = false;
        using var isUnderWay = new ManualResetEventSlim();
        machine.Kernel.Scheduler.Stopping += () => wasAnsweredBefore |= request!.IsCompleted;

        request = machine.Kernel.Scheduler.RunAsync<int>(() =>
        {
            isUnderWay.Wait();
            throw new MachineLostException("lost");
        });
        isUnderWay.Set();

        await Assert.ThrowsAsync<MachineLostException>(() => request);
        Assert.False(wasAnsweredBefore);
        Assert.IsType<MachineLostException>(machine.Kernel.Scheduler.StoppedBy);
    }

    [Fact]
    public async Task ThreadsUnwindOneAtATime()
    {
        using var machine = new TestMachine();
        var never = new TestEvent(machine);
        int inside = 0;
        int most = 0;
        Task<int>[] waiting = [.. Enumerable.Range(0, 5).Select(_ => machine.Kernel.Scheduler.RunAsync(() =>
        {
            try
            {
                return never.Wait();
            }
            finally
            {
                most = Math.Max(most, Interlocked.Increment(ref inside));
                Thread.SpinWait(10_000);
                Interlocked.Decrement(ref inside);
            }
        }))];
        machine.RunToBugCheck(static () => KeLowerIrql(HIGH_LEVEL));
        await Assert.ThrowsAsync<BugCheckException>(() => Task.WhenAll(waiting));

        Assert.Equal(1, most);
    }

    [Fact]
    public async Task LostMachineEndsEveryRequestWithItsReason()
    {
        using var machine = new TestMachine();
        var never = new TestEvent(machine);
        Task<int> waiting = machine.Kernel.Scheduler.RunAsync(() => never.Wait());

        Assert.Throws<MachineLostException>(
            () => machine.Run(static () => throw new MachineLostException("QEMU died")));

        MachineLostException thrown = await Assert.ThrowsAsync<MachineLostException>(() => waiting);
        Assert.Equal("QEMU died", thrown.Message);
        Assert.IsType<MachineLostException>(machine.Kernel.Scheduler.StoppedBy);
    }

    [Fact]
    public void WhoeverKeepsRequestsIsToldOnce()
    {
        using var machine = new TestMachine();
        List<Exception> told = [];
        machine.Kernel.Scheduler.Stopped += told.Add;

        machine.RunToBugCheck(static () => KeLowerIrql(HIGH_LEVEL));
        machine.Dispose();

        Assert.IsType<BugCheckException>(Assert.Single(told));
    }

    [Fact]
    public async Task DisposeEndsThreadsThatWait()
    {
        var machine = new TestMachine();
        var never = new TestEvent(machine);
        Thread? host = null;
        Task<int> waiting = machine.Kernel.Scheduler.RunAsync(() =>
        {
            host = Thread.CurrentThread;
            return never.Wait();
        });
        machine.Run(static () => { });

        machine.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        Assert.True(host!.Join(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void DisposeOfAMachineThatNeverRanReturns()
    {
        var machine = new TestMachine();

        machine.Dispose();

        Assert.Throws<ObjectDisposedException>(() => machine.Run(static () => { }));
    }

    [Fact]
    public async Task DisposeEndsAThreadThatSpinsOnKernelCalls()
    {
        var machine = new TestMachine();
        Task<int> spinning = machine.Kernel.Scheduler.RunAsync<int>(static () =>
        {
            while (true)
                KeLowerIrql(KeRaiseIrqlToDpcLevel());
        });
        machine.Run(static () => { }); // A spinning request does not lock others out.

        machine.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => spinning);
    }
}
