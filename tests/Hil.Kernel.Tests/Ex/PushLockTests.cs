namespace Hil.Kernel.Tests.Ex;

public sealed unsafe class PushLockTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly nuint* _lock;
    private readonly List<string> _log = [];

    public PushLockTests() => _lock = _machine.New<nuint>();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void SharersComeInTogetherAndOneWriterAlone() => _machine.Run(() =>
    {
        ExInitializePushLock(_lock);
        ExAcquirePushLockSharedEx(_lock, 0);
        Assert.True(ExTryAcquirePushLockSharedEx(_lock, 0));
        Assert.False(ExTryAcquirePushLockExclusiveEx(_lock, 0));
        ExReleasePushLockSharedEx(_lock, 0);
        ExReleasePushLockEx(_lock, 0);

        Assert.True(ExTryAcquirePushLockExclusiveEx(_lock, 0));
        Assert.False(ExTryAcquirePushLockSharedEx(_lock, 0));
        ExReleasePushLockEx(_lock, 0);
        Assert.Equal((nuint)0, *_lock);
    });

    [Fact]
    public void WaitersGetInInTheOrderTheyCame()
    {
        _machine.Run(() =>
        {
            ExInitializePushLock(_lock);
            ExAcquirePushLockExclusiveEx(_lock, 0);
            Start("reader 1", isExclusive: false);
            Start("reader 2", isExclusive: false);
            Start("writer", isExclusive: true);
            Start("reader 3", isExclusive: false);
            TestMachine.Settle();
            Assert.Empty(_log);
            ExReleasePushLockExclusiveEx(_lock, 0);
            TestMachine.Settle();
        });

        Assert.Equal(["reader 1 in", "reader 2 in"], _log.Take(2));
        Assert.Equal(["writer in", "writer out", "reader 3 in", "reader 3 out"], _log.TakeLast(4));
        Assert.Equal((nuint)0, *_lock);
    }

    [Fact]
    public void NewSharerWaitsBehindAWaitingWriter() => _machine.Run(() =>
    {
        ExInitializePushLock(_lock);
        ExAcquirePushLockSharedEx(_lock, 0);
        Start("writer", isExclusive: true);
        TestMachine.Settle();

        Assert.False(ExTryAcquirePushLockSharedEx(_lock, 0));
        ExReleasePushLockSharedEx(_lock, 0);
        TestMachine.Settle();

        Assert.Equal(["writer in", "writer out"], _log);
    });

    [Fact]
    public void ReleaseOfAFreeLockStopsTheMachine()
    {
        BugCheckReport report = _machine.RunToBugCheck(() => ExReleasePushLockExclusiveEx(_lock, 0));

        Assert.Equal(BugCheckCodes.DRIVER_VIOLATION, report.Code);
        Assert.Equal((ulong)_lock, report.Parameter1);
    }

    private void Start(string name, bool isExclusive) => _machine.StartThread(() =>
    {
        if (isExclusive)
            ExAcquirePushLockExclusiveEx(_lock, 0);
        else
            ExAcquirePushLockSharedEx(_lock, 0);
        _log.Add($"{name} in");
        ZwYieldExecution();
        _log.Add($"{name} out");
        ExReleasePushLockEx(_lock, 0);
    });
}
