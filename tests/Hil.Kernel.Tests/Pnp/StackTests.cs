namespace Hil.Kernel.Tests.Pnp;

public sealed unsafe class StackTests : IDisposable
{
    private readonly EventLog _log = new();
    private readonly TestMachine _machine;
    private readonly TestDriver _driver;

    public StackTests()
    {
        _machine = new TestMachine(observer: _log);
        _driver = new TestDriver(_machine);
    }

    private PnpSystem Pnp => _machine.Kernel.Pnp;

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void StopAsksFirstAndGivesTheResourcesBack()
    {
        DeviceNode node = Add();
        byte vector = node.Interrupts!.Messages[0].Vector;
        _driver.Seen.Clear();

        Assert.Equal(STATUS_SUCCESS, _machine.Run(() => Pnp.Stop(node)));

        Assert.Equal([IRP_MN_QUERY_STOP_DEVICE, IRP_MN_STOP_DEVICE], _driver.Seen);
        Assert.Equal(DeviceNodeState.Stopped, node.State);
        Assert.Null(node.Interrupts);
        Assert.NotEqual(0, vector);
    }

    [Fact]
    public void StopTakesMemoryAndBusMasteringAwayFromTheDevice()
    {
        TestFunction function = TestFunction.Plain(_machine);
        DeviceNode node = Add(function);

        _machine.Run(() => Pnp.Stop(node));

        Assert.Equal(0, function.Command & (PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER));
    }

    [Fact]
    public void StoppedDeviceStartsAgainWithTheSameResources()
    {
        DeviceNode node = Add();
        ulong bar = _driver.Translated[0].u.Memory.Start.Value;

        _machine.Run(() =>
        {
            Pnp.Stop(node);
            Assert.Equal(STATUS_SUCCESS, Pnp.Start(node));
        });

        Assert.Equal(DeviceNodeState.Started, node.State);
        Assert.Equal(bar, _driver.Translated[0].u.Memory.Start.Value);
        Assert.Equal(2, _driver.Seen.Count(minor => minor == IRP_MN_START_DEVICE));
        Assert.Empty(_log.Violations);
    }

    [Fact]
    public void RefusedStopIsCancelledAndTheDeviceGoesOn()
    {
        _driver.Completes[IRP_MN_QUERY_STOP_DEVICE] = STATUS_DEVICE_BUSY;
        DeviceNode node = Add();
        _driver.Seen.Clear();

        Assert.Equal(STATUS_DEVICE_BUSY, _machine.Run(() => Pnp.Stop(node)));

        Assert.Equal([IRP_MN_QUERY_STOP_DEVICE, IRP_MN_CANCEL_STOP_DEVICE], _driver.Seen);
        Assert.Equal(DeviceNodeState.Started, node.State);
    }

    [Fact]
    public void RemoveAsksFirstAndLeavesThePhysicalDeviceAlone()
    {
        DeviceNode node = Add();
        _driver.Seen.Clear();

        Assert.Equal(STATUS_SUCCESS, _machine.Run(() => Pnp.Remove(node)));

        Assert.Equal([IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_REMOVE_DEVICE], _driver.Seen);
        Assert.Equal(DeviceNodeState.Removed, node.State);
        Assert.True(node.PhysicalDevice->AttachedDevice == null);
        Assert.Contains(node, Pnp.Devices);
        Assert.Empty(_log.Violations);
    }

    [Fact]
    public void RemovedDeviceCanGetDriversAgain()
    {
        DeviceNode node = Add();

        _machine.Run(() =>
        {
            Pnp.Remove(node);
            Assert.Equal(STATUS_SUCCESS, Pnp.AddDrivers(node, _driver.Object));
            Assert.Equal(STATUS_SUCCESS, Pnp.Start(node));
        });

        Assert.Equal(DeviceNodeState.Started, node.State);
    }

    [Fact]
    public void RefusedRemovalIsCancelled()
    {
        _driver.Completes[IRP_MN_QUERY_REMOVE_DEVICE] = STATUS_UNSUCCESSFUL;
        DeviceNode node = Add();
        _driver.Seen.Clear();

        Assert.Equal(STATUS_UNSUCCESSFUL, _machine.Run(() => Pnp.Remove(node)));

        Assert.Equal([IRP_MN_QUERY_REMOVE_DEVICE, IRP_MN_CANCEL_REMOVE_DEVICE], _driver.Seen);
        Assert.Equal(DeviceNodeState.Started, node.State);
    }

    [Fact]
    public void SurpriseRemovalIsNotAskedAndTheDeviceIsForgotten()
    {
        DeviceNode node = Add();
        _driver.Seen.Clear();

        _machine.Run(() => Pnp.SurpriseRemove(node));

        Assert.Equal([IRP_MN_SURPRISE_REMOVAL, IRP_MN_REMOVE_DEVICE], _driver.Seen);
        Assert.Empty(Pnp.Devices);
        Assert.Empty(_log.Violations);
    }

    [Fact]
    public void RemovalAfterSurpriseWaitsForTheLastFileToClose()
    {
        DeviceNode node = Add();
        _driver.Seen.Clear();
        node.PhysicalDevice->ReferenceCount++; // One open file.

        _machine.Run(() => Pnp.SurpriseRemove(node));
        Assert.Equal([IRP_MN_SURPRISE_REMOVAL], _driver.Seen);
        Assert.False(_machine.Run(() => Pnp.FinishRemoval(node)));

        node.PhysicalDevice->ReferenceCount--;
        Assert.True(_machine.Run(() => Pnp.FinishRemoval(node)));
        Assert.Equal([IRP_MN_SURPRISE_REMOVAL, IRP_MN_REMOVE_DEVICE], _driver.Seen);
    }

    [Fact]
    public void OpenFilesStandInTheWayOfRemoval()
    {
        DeviceNode node = Add();
        _driver.Device->ReferenceCount++;

        Assert.Equal(STATUS_DEVICE_BUSY, _machine.Run(() => Pnp.Remove(node)));
        Assert.Equal(DeviceNodeState.Started, node.State);

        _driver.Device->ReferenceCount--;
    }

    [Fact]
    public void DriverThatStaysAttachedAfterRemovalIsReported()
    {
        DeviceNode node = Add();
        _driver.Completes[IRP_MN_REMOVE_DEVICE] = STATUS_SUCCESS;

        _machine.Run(() => Pnp.Remove(node));

        Assert.Contains(_log.Violations, v => v.Contains("still attached"));
    }

    [Fact]
    public void FiltersStandAroundTheFunctionDriverInTheOrderGiven()
    {
        var lower = new TestDriver(_machine, "lower");
        var upper = new TestDriver(_machine, "upper");
        List<string> order = [];
        lower.Before = (minor, _) => Note(order, "lower", minor);
        _driver.Before = (minor, _) => Note(order, "function", minor);
        upper.Before = (minor, _) => Note(order, "upper", minor);

        DeviceNode node = Add(null, lower.Object, _driver.Object, upper.Object);

        Assert.Equal(DeviceNodeState.Started, node.State);
        Assert.Equal(["upper", "function", "lower"], order);
        Assert.True(node.PhysicalDevice->AttachedDevice == lower.Device);
    }

    [Fact]
    public void FailedAddDeviceRemovesTheFiltersBelow()
    {
        var lower = new TestDriver(_machine, "lower");
        _driver.AddDeviceStatus = STATUS_NO_SUCH_DEVICE;

        DeviceNode node = Add(null, lower.Object, _driver.Object);

        Assert.Equal(DeviceNodeState.Enumerated, node.State);
        Assert.Equal(STATUS_NO_SUCH_DEVICE, node.Problem);
        Assert.Equal([IRP_MN_REMOVE_DEVICE], lower.Seen);
        Assert.True(node.PhysicalDevice->AttachedDevice == null);
    }

    [Fact]
    public void AddDeviceThatForgetsToClearInitializingIsReported()
    {
        _driver.ClearsInitializing = false;

        Add();

        Assert.Contains(_log.Violations, v => v.Contains("DO_DEVICE_INITIALIZING"));
    }

    [Fact]
    public void AddDeviceThatAttachesNothingIsReported()
    {
        _driver.Attaches = false;

        Add();

        Assert.Contains(_log.Violations, v => v.Contains("without attaching"));
    }

    [Fact]
    public void DriverWithoutAddDeviceIsRefused()
    {
        _driver.Object->DriverExtension->AddDevice = default;

        DeviceNode node = Add();

        Assert.Equal(STATUS_INVALID_DEVICE_REQUEST, node.Problem);
        Assert.Equal(DeviceNodeState.Enumerated, node.State);
    }

    [Fact]
    public void FailedDeviceStateRemovesTheDevice()
    {
        DeviceNode node = Add();
        _driver.Before = static (minor, irp) =>
        {
            if (minor == IRP_MN_QUERY_PNP_DEVICE_STATE)
                ((IRP*)irp)->IoStatus.Information |= PNP_DEVICE_FAILED;
        };

        _machine.Run(() => IoInvalidateDeviceState(node.PhysicalDevice));
        _machine.Run(() => TestMachine.Settle());

        Assert.Contains(IRP_MN_SURPRISE_REMOVAL, _driver.Seen);
    }

    [Fact]
    public void RootDeviceStartsWithoutResources()
    {
        DeviceNode node = _machine.Run(() => Pnp.AddRootDevice(@"Root\Sample", _driver.Object));

        Assert.Equal(DeviceNodeState.Started, node.State);
        Assert.Equal(@"Root\Sample\0000", node.InstancePath);
        Assert.Empty(_driver.Raw);
    }

    [Fact]
    public void StepsAreReportedWithTheirStatus()
    {
        Add();

        Assert.Contains(("AddDevice", STATUS_SUCCESS), _log.Steps);
        Assert.Contains(
            _log.Steps, step => step.Text.StartsWith("IRP_MN_START_DEVICE: memory 0xfe000000-0xfe0fffff, line 23"));
    }

    [Fact]
    public void ExportGivenADeviceThatIsNotPhysicalIsABugCheck()
    {
        Add();

        BugCheckReport report = _machine.RunToBugCheck(() => IoInvalidateDeviceState(_driver.Device));

        Assert.Equal(BugCheckCodes.PNP_DETECTED_FATAL_ERROR, report.Code);
        Assert.Equal(2ul, report.Parameter1);
    }

    [Fact]
    public void OperationThatDoesNotGoWithTheStateIsRefused()
    {
        DeviceNode node = Add();

        Assert.Equal(STATUS_INVALID_DEVICE_STATE, _machine.Run(() => Pnp.Start(node)));
        _machine.Run(() => Pnp.SurpriseRemove(node));

        Assert.Equal(STATUS_INVALID_DEVICE_STATE, _machine.Run(() => Pnp.Stop(node)));
        Assert.Equal(STATUS_SUCCESS, _machine.Run(() => Pnp.Remove(node)));
    }

    [Fact]
    public void RefusedRemovalOfAStoppedDeviceLeavesItStopped()
    {
        DeviceNode node = Add();
        _driver.Completes[IRP_MN_QUERY_REMOVE_DEVICE] = STATUS_UNSUCCESSFUL;

        _machine.Run(() =>
        {
            Pnp.Stop(node);
            Pnp.Remove(node);
        });

        Assert.Equal(DeviceNodeState.Stopped, node.State);
    }

    [Fact]
    public void OperationWaitsForTheOneThatAnotherThreadIsIn()
    {
        DeviceNode node = Add();
        IRP* held = null;
        DriverRoutine dispatch = _driver.Object->MajorFunction[IRP_MJ_PNP];
        _driver.Object->MajorFunction[IRP_MJ_PNP] = Hold(dispatch, irp => held = (IRP*)irp);

        _machine.Run(() =>
        {
            _machine.StartThread(() => Pnp.Stop(node));
            TestMachine.Settle();
            Assert.Equal(DeviceNodeState.Started, node.State);
            _machine.StartThread(() => Pnp.SurpriseRemove(node));
            TestMachine.Settle();
            Assert.DoesNotContain(IRP_MN_SURPRISE_REMOVAL, _driver.Seen);

            IofCompleteRequest(held, IO_NO_INCREMENT);
            TestMachine.Settle();
        });

        Assert.Equal(
            [IRP_MN_STOP_DEVICE, IRP_MN_SURPRISE_REMOVAL, IRP_MN_REMOVE_DEVICE], _driver.Seen[^3..]);
    }

    // Keeps IRP_MN_QUERY_STOP_DEVICE pending until the test completes it.
    private DriverRoutine Hold(DriverRoutine dispatch, Action<nint> hold) => _machine.Routine((device, address, _, _) =>
    {
        var irp = (IRP*)address;
        if (IoGetCurrentIrpStackLocation(irp)->MinorFunction != IRP_MN_QUERY_STOP_DEVICE)
            return _machine.Kernel.Processor.Call(dispatch, device, address);
        irp->IoStatus.Status = STATUS_SUCCESS;
        IoMarkIrpPending(irp);
        hold((nint)irp);
        return (uint)STATUS_PENDING.Value;
    });

    private static void Note(List<string> order, string name, byte minor)
    {
        if (minor == IRP_MN_START_DEVICE)
            order.Add(name);
    }

    private DeviceNode Add() => Add(null, _driver.Object);

    private DeviceNode Add(TestFunction function) => Add(function, _driver.Object);

    private DeviceNode Add(TestFunction? function, params DRIVER_OBJECT*[] lowestFirst) => _machine.Run(() =>
    {
        DeviceNode node = Pnp.Enumerate((function ?? TestFunction.Plain(_machine)).Description);
        if (Pnp.AddDrivers(node, lowestFirst).IsSuccess)
            Pnp.Start(node);
        return node;
    });
}
