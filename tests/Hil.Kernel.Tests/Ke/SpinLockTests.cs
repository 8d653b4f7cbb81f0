namespace Hil.Kernel.Tests.Ke;

public sealed unsafe class SpinLockTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly KSPIN_LOCK* _lock;

    public SpinLockTests() => _lock = _machine.New<KSPIN_LOCK>();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void AcquiringRaisesToDispatchLevelAndReleasingRestores() => _machine.Run(() =>
    {
        KeInitializeSpinLock(_lock);
        KIRQL old = KeAcquireSpinLockRaiseToDpc(_lock);
        Assert.Equal<KIRQL>(DISPATCH_LEVEL, KeGetCurrentIrql());
        Assert.False(KeTestSpinLock(_lock));

        KeReleaseSpinLock(_lock, old);
        Assert.Equal<KIRQL>(PASSIVE_LEVEL, KeGetCurrentIrql());
        Assert.True(KeTestSpinLock(_lock));
    });

    [Fact]
    public void AcquiringAHeldLockIsABugCheckNotAHang()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KeAcquireSpinLockRaiseToDpc(_lock);
            KeAcquireSpinLockAtDpcLevel(_lock);
        });

        Assert.Equal(BugCheckCodes.SPIN_LOCK_ALREADY_OWNED, report.Code);
        Assert.Equal((ulong)_lock, report.Parameter1);
    }

    [Fact]
    public void ReleasingAFreeLockIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KeRaiseIrqlToDpcLevel();
            KeReleaseSpinLockFromDpcLevel(_lock);
        });

        Assert.Equal(BugCheckCodes.SPIN_LOCK_NOT_OWNED, report.Code);
    }

    [Fact]
    public void TryingAHeldLockFails() => _machine.Run(() =>
    {
        KIRQL old = KeRaiseIrqlToDpcLevel();
        Assert.True(KeTryToAcquireSpinLockAtDpcLevel(_lock));
        Assert.False(KeTryToAcquireSpinLockAtDpcLevel(_lock));
        KeReleaseSpinLock(_lock, old);
    });

    [Fact]
    public void QueuedLockRemembersTheLevelInItsHandle() => _machine.Run(() =>
    {
        KLOCK_QUEUE_HANDLE* handle = _machine.New<KLOCK_QUEUE_HANDLE>();
        KIRQL apc = KfRaiseIrql(APC_LEVEL);

        KeAcquireInStackQueuedSpinLock(_lock, handle);
        Assert.Equal<KIRQL>(DISPATCH_LEVEL, KeGetCurrentIrql());
        KeReleaseInStackQueuedSpinLock(handle);

        Assert.Equal<KIRQL>(APC_LEVEL, KeGetCurrentIrql());
        Assert.True(KeTestSpinLock(_lock));
        KeLowerIrql(apc);
    });

    [Fact]
    public void ReaderWriterLockAdmitsReadersTogether() => _machine.Run(() =>
    {
        int* word = (int*)_lock;
        KIRQL old = ExAcquireSpinLockShared(word);
        ExAcquireSpinLockSharedAtDpcLevel(word);
        Assert.Equal(0u, ExTryConvertSharedSpinLockExclusive(word));
        ExReleaseSpinLockSharedFromDpcLevel(word);
        Assert.Equal(1u, ExTryConvertSharedSpinLockExclusive(word));
        ExReleaseSpinLockExclusive(word, old);
        Assert.Equal(0, *word);
    });

    [Fact]
    public void WriterAfterReaderIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            ExAcquireSpinLockShared((int*)_lock);
            ExAcquireSpinLockExclusiveAtDpcLevel((int*)_lock);
        });

        Assert.Equal(BugCheckCodes.SPIN_LOCK_ALREADY_OWNED, report.Code);
    }
}
