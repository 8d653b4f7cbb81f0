namespace Hil.Kernel.Tests.Io;

public sealed unsafe class StartIoTests : IDisposable
{
    private readonly EventLog _log = new();
    private readonly TestMachine _machine;
    private readonly StartIoDriver _driver;

    public StartIoTests()
    {
        _machine = new TestMachine(observer: _log);
        _driver = _machine.Run(() => new StartIoDriver(_machine));
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void IoStartPacketCallsStartIoAtDispatchLevelWhenDeviceIsIdle() => _machine.Run(() =>
    {
        IRP* irp = _driver.Start();

        Assert.Equal([0], _driver.Started);
        Assert.Equal(new KIRQL(DISPATCH_LEVEL), _driver.IrqlInStartIo);
        Assert.True(_driver.Device->CurrentIrp == irp);
        Assert.Equal(new KIRQL(PASSIVE_LEVEL), KeGetCurrentIrql());
    });

    [Fact]
    public void IoStartPacketQueuesIrpWhenDeviceIsBusy() => _machine.Run(() =>
    {
        IRP* first = _driver.Start();

        IRP* second = _driver.Start();

        Assert.Equal([0], _driver.Started);
        Assert.True(_driver.Device->CurrentIrp == first);
        Assert.True((bool)second->Tail.Overlay.DeviceQueueEntry.Inserted);
    });

    [Theory]
    [TextCases("Io/startio-keys.txt")]
    public void QueuedIrpsStartInKeyOrderAndEqualKeysInArrivalOrder(string keys, string expected) => _machine.Run(() =>
    {
        _driver.Start();
        foreach (string key in keys.Split(' '))
            _driver.Start(uint.Parse(key));

        _driver.FinishAll();

        Assert.Equal(expected, string.Join(' ', _driver.Started[1..]));
    });

    [Theory]
    [TextCases("Io/startio-next-by-key.txt")]
    public void NextPacketByKeyIsTheFirstAtOrAboveTheKey(string keys, string key, string expected) => _machine.Run(() =>
    {
        _driver.Start();
        foreach (string queued in keys.Split(' '))
            _driver.Start(uint.Parse(queued));

        _driver.FinishCurrent(nextKey: uint.Parse(key));

        Assert.Equal([0, int.Parse(expected)], _driver.Started);
    });

    [Fact]
    public void IoStartNextPacketLeavesTheDeviceIdleWhenNothingIsQueued() => _machine.Run(() =>
    {
        _driver.Start();

        _driver.FinishCurrent();

        Assert.True(_driver.Device->CurrentIrp == null);
        Assert.False((bool)_driver.Device->DeviceQueue.Busy);
    });

    [Fact]
    public void QueuedIrpThatIsCancelledAlreadyGoesToItsCancelFunction() => _machine.Run(() =>
    {
        var cancelled = new List<int>();
        DriverRoutine cancel = _driver.Driver.StartIo((device, irp) =>
        {
            KeRemoveEntryDeviceQueue(&device->DeviceQueue, &irp->Tail.Overlay.DeviceQueueEntry);
            IoReleaseCancelSpinLock(irp->CancelIrql);
            cancelled.Add(_driver.NumberOf(irp));
            TestDriver.Complete(irp, STATUS_CANCELLED);
        });
        _driver.Start();

        _driver.Start(cancel: cancel, isCancelled: true);
        _driver.FinishAll();

        Assert.Equal([1], cancelled);
        Assert.Equal([0], _driver.Started);
        Assert.Equal([1, 0], _driver.Completed);
    });

    [Fact]
    public void IrpThatIsCancelledAlreadyGoesToStartIoOnAnIdleDevice() => _machine.Run(() =>
    {
        DriverRoutine cancel = _driver.Driver.StartIo((_, _) => Assert.Fail("StartIo looks at Irp->Cancel itself"));

        _driver.Start(cancel: cancel, isCancelled: true);

        Assert.Equal([0], _driver.Started);
        Assert.Equal(cancel, _driver.CancelRoutineInStartIo);
    });

    [Fact]
    public void CancelRoutineIsGoneInStartIoOfANonCancelableDevice() => _machine.Run(() =>
    {
        DriverRoutine cancel = _driver.Driver.StartIo((_, _) => { });
        IoSetStartIoAttributes(_driver.Device, deferredStartIo: false, nonCancelable: true);

        _driver.Start(cancel: cancel);
        DriverRoutine first = _driver.CancelRoutineInStartIo;
        _driver.Start(cancel: cancel);
        _driver.FinishCurrent(cancelable: true);

        Assert.True(first.IsNull);
        Assert.Equal([0, 1], _driver.Started);
        Assert.True(_driver.CancelRoutineInStartIo.IsNull);
    });

    [Fact]
    public void DeferredStartIoRunsTenThousandPacketsAtDepthOne() => _machine.Run(() =>
    {
        IoSetStartIoAttributes(_driver.Device, deferredStartIo: true, nonCancelable: false);
        _driver.Start();
        for (int i = 1; i < 10_000; i++)
            _driver.Start();
        _driver.AsksInsideStartIo = 1;

        _driver.FinishCurrent();

        Assert.Equal(1, _driver.DeepestStartIo);
        Assert.Equal(Enumerable.Range(0, 10_000), _driver.Started);
    });

    [Fact]
    public void WithoutDeferralStartIoNests() => _machine.Run(() =>
    {
        _driver.Start();
        for (int i = 1; i < 10; i++)
            _driver.Start();
        _driver.AsksInsideStartIo = 1;

        _driver.FinishCurrent();

        Assert.Equal(9, _driver.DeepestStartIo);
        Assert.Equal(10, _driver.Started.Count);
    });

    [Fact]
    public void SecondRequestInsideOneStartIoIsReportedAndStartsNothing() => _machine.Run(() =>
    {
        IoSetStartIoAttributes(_driver.Device, deferredStartIo: true, nonCancelable: false);
        _driver.Start();
        _driver.Start();
        _driver.Start();
        _driver.AsksInsideStartIo = 2;

        _driver.FinishCurrent();

        Assert.Equal([0, 1, 2], _driver.Started);
        Assert.Contains(_log.Violations, text => text.Contains("asked twice"));
    });

    [Fact]
    public void UndeferredEndlessRecursionIsABugCheckAndNotACrashOfTheHost()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            _driver.Start();
            for (int i = 1; i < 100_000; i++)
                _driver.Start();
            _driver.AsksInsideStartIo = 1;
            _driver.FinishCurrent();
        });

        Assert.Equal(BugCheckCodes.UNEXPECTED_KERNEL_MODE_TRAP, report.Code);
        Assert.Equal(8u, report.Parameter1);
    }

    [Fact]
    public void IoStartPacketWithoutStartIoIsABugCheck()
    {
        _driver.Driver.Object->DriverStartIo = default;

        BugCheckReport report = _machine.RunToBugCheck(() => _driver.Start());

        Assert.Equal(BugCheckCodes.DRIVER_IRQL_NOT_LESS_OR_EQUAL, report.Code);
    }

    [Fact]
    public void IoStartNextPacketOnAnIdleDeviceIsDeviceQueueNotBusy()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            KeRaiseIrqlToDpcLevel();
            IoStartNextPacket(_driver.Device, false);
        });

        Assert.Equal(BugCheckCodes.DEVICE_QUEUE_NOT_BUSY, report.Code);
        Assert.Equal((ulong)&_driver.Device->DeviceQueue, report.Parameter1);
    }
}
