namespace Hil.Kernel.Tests.Ke;

public sealed class RequestTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task RequestsAreServedWhileEarlierOnesWait()
    {
        var open = new TestEvent(_machine);
        Task<int>[] waiting = [.. Enumerable.Range(0, 20).Select(i => _machine.Kernel.Scheduler.RunAsync(() =>
        {
            open.Wait();
            return i;
        }))];

        _machine.Run(open.Set);

        Assert.Equal(Enumerable.Range(0, 20), await Task.WhenAll(waiting));
    }

    [Fact]
    public async Task RequestsFromManyThreadsAreAllServed()
    {
        int total = 0; // Plain: only the thread that holds the baton touches it.
        Task[] callers = [.. Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < 200; i++)
                    _machine.Run(() => total++);
            },
            TaskCreationOptions.LongRunning))];

        await Task.WhenAll(callers);

        Assert.Equal(1_600, total);
    }

    [Fact]
    public async Task QuickRequestsShareOneWorker()
    {
        for (int i = 0; i < 100; i++)
            await _machine.Kernel.Scheduler.RunAsync(static () => 0);

        Assert.Equal(1, _machine.Run(() => _machine.Kernel.Scheduler.ThreadCount));
    }
}
