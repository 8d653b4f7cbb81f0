namespace Hil.Kernel.Tests.Ke;

public sealed unsafe class MutexTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly KMUTANT* _mutex;

    public MutexTests()
    {
        _mutex = _machine.New<KMUTANT>();
        _machine.Run(() => KeInitializeMutex(_mutex, 0));
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void OwnerMayAcquireAgainAndMustReleaseAsOften() => _machine.Run(() =>
    {
        Wait();
        Wait();
        Assert.Equal(-1, KeReadStateMutex(_mutex));

        KeReleaseMutex(_mutex, false);
        Assert.Equal(0, KeReadStateMutex(_mutex));
        KeReleaseMutex(_mutex, false);
        Assert.Equal(1, KeReadStateMutex(_mutex));
    });

    [Fact]
    public void OthersWaitUntilItIsFree() => _machine.Run(() =>
    {
        List<string> order = [];
        Wait();
        _machine.StartThread(() =>
        {
            Wait();
            order.Add("other");
            KeReleaseMutex(_mutex, false);
        });
        TestMachine.Settle();
        order.Add("owner");

        KeReleaseMutex(_mutex, false);
        TestMachine.Settle();

        Assert.Equal(["owner", "other"], order);
    });

    [Fact]
    public void OwningAMutexDisablesKernelApcs() => _machine.Run(() =>
    {
        Assert.False(KeAreApcsDisabled());
        Wait();
        Assert.True(KeAreApcsDisabled());
        KeReleaseMutex(_mutex, false);
        Assert.False(KeAreApcsDisabled());
    });

    [Fact]
    public void ReleasingAnotherThreadsMutexRaises() => _machine.Run(() =>
    {
        NTSTATUS raised = default;
        Wait();
        _machine.StartThread(() =>
            raised = Assert.Throws<GuestRaiseException>(() => KeReleaseMutex(_mutex, false)).Status);
        TestMachine.Settle();

        Assert.Equal(STATUS_MUTANT_NOT_OWNED, raised);
        KeReleaseMutex(_mutex, false);
    });

    [Fact]
    public void ThreadThatEndsWithAMutexIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            _machine.StartThread(Wait);
            TestMachine.Settle();
        });

        Assert.Equal(BugCheckCodes.THREAD_TERMINATE_HELD_MUTEX, report.Code);
        Assert.Equal((ulong)_mutex, report.Parameter2);
    }

    [Fact]
    public void SemaphoreBeyondItsLimitRaises() => _machine.Run(() =>
    {
        KSEMAPHORE* semaphore = _machine.New<KSEMAPHORE>();
        KeInitializeSemaphore(semaphore, 1, 2);

        Assert.Equal(1, KeReleaseSemaphore(semaphore, 0, 1, false));
        NTSTATUS raised = Assert.Throws<GuestRaiseException>(() => KeReleaseSemaphore(semaphore, 0, 1, false)).Status;

        Assert.Equal(STATUS_SEMAPHORE_LIMIT_EXCEEDED, raised);
        Assert.Equal(2, KeReadStateSemaphore(semaphore));
    });

    [Fact]
    public void FastMutexRunsItsOwnerAtApcLevel() => _machine.Run(() =>
    {
        FAST_MUTEX* mutex = _machine.New<FAST_MUTEX>();
        ExInitializeFastMutex(mutex);

        ExAcquireFastMutex(mutex);
        Assert.Equal<KIRQL>(APC_LEVEL, KeGetCurrentIrql());
        Assert.False(ExTryToAcquireFastMutex(mutex));
        ExReleaseFastMutex(mutex);

        Assert.Equal<KIRQL>(PASSIVE_LEVEL, KeGetCurrentIrql());
        Assert.Equal(1, mutex->Count);
    });

    [Fact]
    public void FastMutexIsHandedOnInOrder() => _machine.Run(() =>
    {
        FAST_MUTEX* mutex = _machine.New<FAST_MUTEX>();
        ExInitializeFastMutex(mutex);
        List<int> order = [];
        ExAcquireFastMutex(mutex);
        for (int i = 0; i < 3; i++)
        {
            int number = i;
            _machine.StartThread(() =>
            {
                ExAcquireFastMutex(mutex);
                order.Add(number);
                ExReleaseFastMutex(mutex);
            });
        }
        TestMachine.Settle();
        Assert.Empty(order);

        ExReleaseFastMutex(mutex);
        TestMachine.Settle();

        Assert.Equal([0, 1, 2], order);
    });

    [Fact]
    public void FastMutexAcquiredTwiceByOneThreadIsABugCheckNotAHang()
    {
        FAST_MUTEX* mutex = _machine.New<FAST_MUTEX>();

        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            ExInitializeFastMutex(mutex);
            ExAcquireFastMutex(mutex);
            ExAcquireFastMutex(mutex);
        });

        Assert.Equal(BugCheckCodes.MUTEX_ALREADY_OWNED, report.Code);
    }

    private void Wait() =>
        KeWaitForSingleObject(_mutex, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);
}
