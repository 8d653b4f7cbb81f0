namespace Hil.Kernel.Tests.Io;

public sealed class HilFileAsyncTests : IDisposable
{
    private const string Name = @"\Device\File";

    private readonly EventLog _log = new();
    private readonly TestMachine _machine;
    private readonly TestDriver _driver;

    public HilFileAsyncTests()
    {
        _machine = new TestMachine(observer: _log);
        _driver = _machine.Run(() => new TestDriver(_machine));
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task CancellationCancelsTheIrp()
    {
        using var cancellation = new CancellationTokenSource();
        using var isPending = new SemaphoreSlim(0);
        PendUntilCancelled(isPending);
        using HilFile file = Open();

        Task<IoResult> read = file.ReadAsync(new byte[4], cancellationToken: cancellation.Token);
        await Arrives(isPending);
        cancellation.Cancel();
        IoResult result = await read;

        Assert.Equal(STATUS_CANCELLED, result.Status);
        Assert.Single(_log.OfKind(KernelEventKind.IrpCancel));
    }

    [Fact]
    public async Task DisposeCancelsWhatIsPendingAndClosesAfterIt()
    {
        using var isPending = new SemaphoreSlim(0);
        PendUntilCancelled(isPending);
        HilFile file = Open();
        Task<IoResult> read = file.ReadAsync(new byte[4]);
        await Arrives(isPending);

        await file.DisposeAsync();

        Assert.Equal(STATUS_CANCELLED, (await read).Status);
        byte[] order = [.. _log.OfKind(KernelEventKind.IrpDispatch).Select(dispatch => (byte)dispatch.C)];
        Assert.Equal([IRP_MJ_CREATE, IRP_MJ_READ, IRP_MJ_CLEANUP, IRP_MJ_CLOSE], order);
    }

    [Fact]
    public async Task PendingRequestEndsWithDeviceDoesNotExistWhenTheMachineIsLost()
    {
        using var isPending = new SemaphoreSlim(0);
        PendUntilCancelled(isPending);
        using HilFile file = Open();
        Task<IoResult> read = file.ReadAsync(new byte[4]);
        await Arrives(isPending);
        PendingIrp pending = Assert.Single(_machine.Kernel.Io.PendingIrps());

        Assert.Throws<MachineLostException>(() => _machine.Run(() => throw new MachineLostException("gone")));

        Assert.Equal(STATUS_DEVICE_DOES_NOT_EXIST, (await read).Status);
        Assert.Contains($"IRP_MJ_READ on {Name}", pending.ToString());
    }

    [Fact]
    public async Task PendingRequestThrowsWhenTheMachineStops()
    {
        using var isPending = new SemaphoreSlim(0);
        PendUntilCancelled(isPending);
        using HilFile file = Open();
        Task<IoResult> read = file.ReadAsync(new byte[4]);
        await Arrives(isPending);

        StopMachine();

        await Assert.ThrowsAsync<BugCheckException>(() => read);
    }

    [Fact]
    public async Task RequestAfterTheMachineIsLostEndsWithDeviceDoesNotExist()
    {
        using HilFile file = Open();
        Assert.Throws<MachineLostException>(() => _machine.Run(() => throw new MachineLostException("gone")));

        Assert.Equal(STATUS_DEVICE_DOES_NOT_EXIST, (await file.ReadAsync(new byte[4])).Status);
    }

    // A request that never comes must fail the test, not hang it.
    private static async Task Arrives(SemaphoreSlim isPending) =>
        Assert.True(await isPending.WaitAsync(TimeSpan.FromSeconds(20)), "the driver was never asked to read");

    private HilFile Open(uint flags = 0)
    {
        _machine.Run(() => CreateDevice(flags));
        return _machine.Kernel.Io.Open(Name);
    }

    private unsafe void CreateDevice(uint flags) => _driver.CreateDevice(Name, flags);

    private void StopMachine() => _machine.RunToBugCheck(DereferenceNothing);

    private unsafe void DereferenceNothing() => ObfDereferenceObject(_machine.New<IRP>());

    // Reads stay pending; the semaphore is released for each once its cancel routine is set.
    private unsafe void PendUntilCancelled(SemaphoreSlim isPending)
    {
        DriverRoutine cancel = _driver.StartIo((_, irp) =>
        {
            IoReleaseCancelSpinLock(irp->CancelIrql);
            TestDriver.Complete(irp, STATUS_CANCELLED);
        });
        _driver.On(IRP_MJ_READ, (_, irp) =>
        {
            IoMarkIrpPending(irp);
            IoSetCancelRoutine(irp, cancel);
            isPending.Release();
            return STATUS_PENDING;
        });
    }
}
