namespace Hil.Kernel.Tests.Io;

public sealed unsafe class CancelTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly TestDriver _driver;
    private readonly List<ulong> _cancelled = [];

    public CancelTests() => _driver = _machine.Run(() => new TestDriver(_machine));

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void IoCancelIrpCallsTheRoutineOnceWithTheLockAndTheCallersIrql() => _machine.Run(() =>
    {
        KIRQL inside = default, old = default;
        IRP* irp = Dispatched();
        IoSetCancelRoutine(irp, _driver.StartIo((_, cancelled) =>
        {
            inside = KeGetCurrentIrql();
            old = cancelled->CancelIrql;
            IoReleaseCancelSpinLock(cancelled->CancelIrql);
            _cancelled.Add((ulong)cancelled);
        }));

        bool first = IoCancelIrp(irp);
        bool second = IoCancelIrp(irp);

        Assert.True(first);
        Assert.False(second);
        Assert.Equal([(ulong)irp], _cancelled);
        Assert.Equal(new KIRQL(DISPATCH_LEVEL), inside);
        Assert.Equal(new KIRQL(PASSIVE_LEVEL), old);
        Assert.True((bool)irp->Cancel);
        Assert.True(irp->CancelRoutine.IsNull);
    });

    [Fact]
    public void CancelRoutineThatKeepsTheLockIsDriverReturnedHoldingCancelLock()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            IRP* irp = Dispatched();
            IoSetCancelRoutine(irp, _driver.StartIo((_, _) => { }));
            IoCancelIrp(irp);
        });

        Assert.Equal(BugCheckCodes.DRIVER_RETURNED_HOLDING_CANCEL_LOCK, report.Code);
    }

    [Fact]
    public void CancelRoutineThatReturnsAtAnotherIrqlIsIrqlUnexpectedValue()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            IRP* irp = Dispatched();
            IoSetCancelRoutine(irp, _driver.StartIo((_, _) => IoReleaseCancelSpinLock(DISPATCH_LEVEL)));
            IoCancelIrp(irp);
        });

        Assert.Equal(BugCheckCodes.IRQL_UNEXPECTED_VALUE, report.Code);
    }

    [Fact]
    public void CancelRoutineInACompletedIrpIsCancelStateInCompletedIrp()
    {
        DriverRoutine cancel = _driver.StartIo((_, _) => { });
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            IRP* irp = Dispatched();
            irp->CurrentLocation = (sbyte)(irp->StackCount + 2);
            IoSetCancelRoutine(irp, cancel);
            IoCancelIrp(irp);
        });

        Assert.Equal(BugCheckCodes.CANCEL_STATE_IN_COMPLETED_IRP, report.Code);
        Assert.Equal(cancel.Address, report.Parameter2);
    }

    [Fact]
    public void CsqRemovesInOrderAndMarksPending() => _machine.Run(() =>
    {
        var queue = new CsqDriver(_machine, _driver);
        IRP* first = Dispatched();
        IRP* second = Dispatched();

        IoCsqInsertIrp(queue.Csq, first, null);
        IoCsqInsertIrp(queue.Csq, second, null);

        Assert.Equal(SL_PENDING_RETURNED, IoGetCurrentIrpStackLocation(first)->Control & SL_PENDING_RETURNED);
        Assert.False(first->CancelRoutine.IsNull);
        Assert.True(IoCsqRemoveNextIrp(queue.Csq, null) == first);
        Assert.True(first->CancelRoutine.IsNull);
        Assert.True(IoCsqRemoveNextIrp(queue.Csq, null) == second);
        Assert.True(IoCsqRemoveNextIrp(queue.Csq, null) == null);
        Assert.Equal(new KIRQL(PASSIVE_LEVEL), KeGetCurrentIrql());
    });

    [Fact]
    public void CsqIrpIsCancelledOutOfTheQueue() => _machine.Run(() =>
    {
        var queue = new CsqDriver(_machine, _driver);
        IO_CSQ_IRP_CONTEXT* context = _machine.New<IO_CSQ_IRP_CONTEXT>();
        IRP* plain = Dispatched();
        IRP* named = Dispatched();
        IoCsqInsertIrp(queue.Csq, plain, null);
        IoCsqInsertIrp(queue.Csq, named, context);

        IoCancelIrp(named);
        IoCancelIrp(plain);

        Assert.Equal([(ulong)named, (ulong)plain], queue.Cancelled);
        Assert.True(IoCsqRemoveNextIrp(queue.Csq, null) == null);
        Assert.True(IoCsqRemoveIrp(queue.Csq, context) == null);
    });

    [Fact]
    public void CsqIrpThatIsCancelledAlreadyIsCompletedAtOnce() => _machine.Run(() =>
    {
        var queue = new CsqDriver(_machine, _driver);
        IRP* irp = Dispatched();
        irp->Cancel = true;

        IoCsqInsertIrp(queue.Csq, irp, null);

        Assert.Equal([(ulong)irp], queue.Cancelled);
    });

    [Fact]
    public void CsqInsertThatRefusesQueuesNothing() => _machine.Run(() =>
    {
        var queue = new CsqDriver(_machine, _driver, insertStatus: STATUS_DEVICE_BUSY);
        IRP* irp = Dispatched();

        NTSTATUS status = IoCsqInsertIrpEx(queue.Csq, irp, null, null);

        Assert.Equal(STATUS_DEVICE_BUSY, status);
        Assert.True(irp->CancelRoutine.IsNull);
        Assert.Equal(0, IoGetCurrentIrpStackLocation(irp)->Control);
    });

    [Fact]
    public void CsqContextNamesItsIrp() => _machine.Run(() =>
    {
        var queue = new CsqDriver(_machine, _driver);
        IO_CSQ_IRP_CONTEXT* context = _machine.New<IO_CSQ_IRP_CONTEXT>();
        IoCsqInsertIrp(queue.Csq, Dispatched(), null);
        IRP* irp = Dispatched();
        IoCsqInsertIrp(queue.Csq, irp, context);

        Assert.True(IoCsqRemoveIrp(queue.Csq, context) == irp);
        Assert.True(IoCsqRemoveIrp(queue.Csq, context) == null);
    });

    // An IRP as a driver's dispatch routine has it.
    private IRP* Dispatched()
    {
        DEVICE_OBJECT* device = _driver.Object->DeviceObject;
        if (device == null)
            device = _driver.CreateDevice();
        IRP* irp = TestDriver.CreateIrp(device);
        IoSetNextIrpStackLocation(irp);
        IoGetCurrentIrpStackLocation(irp)->DeviceObject = device;
        return irp;
    }
}
