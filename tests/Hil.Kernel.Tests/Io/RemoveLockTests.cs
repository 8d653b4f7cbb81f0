namespace Hil.Kernel.Tests.Io;

public sealed unsafe class RemoveLockTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly IO_REMOVE_LOCK* _lock;

    public RemoveLockTests()
    {
        _lock = _machine.New<IO_REMOVE_LOCK>();
        _machine.Run(() => IoInitializeRemoveLockEx(_lock, 0, 0, 0, (uint)sizeof(IO_REMOVE_LOCK)));
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void RemovalDoesNotWaitWhenNobodyElseHoldsTheLock() => _machine.Run(() =>
    {
        Assert.Equal(STATUS_SUCCESS, Acquire());

        IoReleaseRemoveLockAndWaitEx(_lock, null, (uint)sizeof(IO_REMOVE_LOCK));

        Assert.Equal(0, _lock->Common.IoCount);
    });

    [Fact]
    public void RemovalWaitsForTheLastHolder() => _machine.Run(() =>
    {
        Acquire();
        Acquire();
        bool isReleased = false;
        _machine.StartThread(() =>
        {
            isReleased = true;
            IoReleaseRemoveLockEx(_lock, null, (uint)sizeof(IO_REMOVE_LOCK));
        });

        IoReleaseRemoveLockAndWaitEx(_lock, null, (uint)sizeof(IO_REMOVE_LOCK));

        Assert.True(isReleased);
    });

    [Fact]
    public void AcquireAfterRemovalIsDeletePending() => _machine.Run(() =>
    {
        Acquire();
        IoReleaseRemoveLockAndWaitEx(_lock, null, (uint)sizeof(IO_REMOVE_LOCK));

        Assert.Equal(STATUS_DELETE_PENDING, Acquire());
        Assert.Equal(0, _lock->Common.IoCount);
    });

    private NTSTATUS Acquire() => IoAcquireRemoveLockEx(_lock, null, null, 0, (uint)sizeof(IO_REMOVE_LOCK));
}
