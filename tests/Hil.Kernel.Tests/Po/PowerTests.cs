using Hil.Kernel.Tests.Pnp;

namespace Hil.Kernel.Tests.Po;

public sealed unsafe class PowerTests : IDisposable
{
    private readonly EventLog _log = new();
    private readonly TestMachine _machine;
    private readonly TestDriver _driver;
    private readonly TestFunction _function;
    private readonly DeviceNode _node;

    public PowerTests()
    {
        _machine = new TestMachine(observer: _log);
        _driver = new TestDriver(_machine);
        _function = TestFunction.WithPower(_machine);
        _node = _machine.Run(() => _machine.Kernel.Pnp.AddDevice(_function.Description, _driver.Object));
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void SleepAsksBeforeItTells()
    {
        SetSystem(SYSTEM_POWER_STATE.PowerSystemSleeping3);
        SetSystem(SYSTEM_POWER_STATE.PowerSystemWorking);

        Assert.Equal(["query S3", "set S3", "set S0"], _driver.SeenPower);
        Assert.Empty(_log.Violations);
    }

    [Fact]
    public void RefusedSleepKeepsTheSystemWorking()
    {
        _driver.OnPower = (irp, location) =>
        {
            if (((IO_STACK_LOCATION*)location)->MinorFunction != IRP_MN_QUERY_POWER)
                return null;
            ((IRP*)irp)->IoStatus.Status = STATUS_DEVICE_BUSY;
            IofCompleteRequest((IRP*)irp, IO_NO_INCREMENT);
            return STATUS_DEVICE_BUSY;
        };

        NTSTATUS status = SetSystem(SYSTEM_POWER_STATE.PowerSystemSleeping3);

        Assert.Equal(STATUS_DEVICE_BUSY, status);
        Assert.Equal(["query S3", "set S0"], _driver.SeenPower);
    }

    [Fact]
    public void PolicyOwnerTurnsSystemPowerIntoDevicePower()
    {
        _driver.OnPower = (_, location) =>
        {
            var request = (IO_STACK_LOCATION*)location;
            ref var power = ref request->Parameters.Power;
            if (power.Type == POWER_STATE_TYPE.SystemPowerState && request->MinorFunction == IRP_MN_SET_POWER)
                Request(power.State.SystemState == SYSTEM_POWER_STATE.PowerSystemWorking
                    ? DEVICE_POWER_STATE.PowerDeviceD0
                    : DEVICE_POWER_STATE.PowerDeviceD3);
            return null;
        };

        SetSystem(SYSTEM_POWER_STATE.PowerSystemSleeping3);

        Assert.Equal(["query S3", "set S3", "set D3"], _driver.SeenPower);
        Assert.Equal(3, _function.Get(TestFunction.Power + 4) & 3);
    }

    [Fact]
    public void CompletionOfARequestedIrpGetsItsArguments()
    {
        (ulong Device, byte Minor, uint State, ulong Context, NTSTATUS Status) seen = default;
        DriverRoutine completion = _machine.Kernel.Gate.Register(a =>
        {
            seen = (a[0], (byte)a[1], (uint)a[2], a[3], ((IO_STATUS_BLOCK*)a[4])->Status);
            return 0;
        });

        POWER_STATE d1 = State(DEVICE_POWER_STATE.PowerDeviceD1);

        NTSTATUS status = _machine.Run(() => PoRequestPowerIrp(
            _node.PhysicalDevice, IRP_MN_SET_POWER, d1, completion, (void*)0x1234, null));

        Assert.Equal(STATUS_PENDING, status);
        Assert.Equal(
            ((ulong)_node.PhysicalDevice, IRP_MN_SET_POWER, (uint)d1.DeviceState, 0x1234ul, STATUS_SUCCESS), seen);
    }

    [Fact]
    public void SecondDeviceRequestWaitsForTheFirst()
    {
        nint held = 0;
        _driver.OnPower = (irp, _) =>
        {
            if (held != 0)
                return null;
            held = irp;
            IoMarkIrpPending((IRP*)irp);
            return STATUS_PENDING;
        };

        _machine.Run(() =>
        {
            Request(DEVICE_POWER_STATE.PowerDeviceD3);
            Request(DEVICE_POWER_STATE.PowerDeviceD0);
            Assert.Equal(["set D3"], _driver.SeenPower);

            ((IRP*)held)->IoStatus.Status = STATUS_SUCCESS;
            IofCompleteRequest((IRP*)held, IO_NO_INCREMENT);
        });

        Assert.Equal(["set D3", "set D0"], _driver.SeenPower);
    }

    [Fact]
    public void RequestForAnotherMinorFunctionIsRefused() => _machine.Run(() =>
        Assert.Equal(
            STATUS_INVALID_PARAMETER_2,
            PoRequestPowerIrp(_node.PhysicalDevice, IRP_MN_POWER_SEQUENCE, default, default, null, null)));

    [Fact]
    public void PoSetPowerStateReturnsTheStateBefore() => _machine.Run(() =>
    {
        PoSetPowerState(_driver.Device, POWER_STATE_TYPE.DevicePowerState, State(DEVICE_POWER_STATE.PowerDeviceD0));

        POWER_STATE before = PoSetPowerState(
            _driver.Device, POWER_STATE_TYPE.DevicePowerState, State(DEVICE_POWER_STATE.PowerDeviceD2));

        Assert.Equal(DEVICE_POWER_STATE.PowerDeviceD0, before.DeviceState);
    });

    [Fact]
    public void IdleDeviceGoesDownAfterItsTimeAndNotBefore()
    {
        uint* counter = DetectIdle(5);
        Assert.True(counter != null);

        _machine.Advance(TimeSpan.FromSeconds(4.5));
        Assert.Empty(_driver.SeenPower);

        _machine.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["set D3"], _driver.SeenPower);
        DetectIdle(0);
    }

    [Fact]
    public void WorkPutsTheIdleTimeOff()
    {
        uint* counter = DetectIdle(5);

        _machine.Advance(TimeSpan.FromSeconds(4.5));
        *counter = 0; // PoSetDeviceBusy
        _machine.Advance(TimeSpan.FromSeconds(3));

        Assert.Empty(_driver.SeenPower);
        DetectIdle(0);
    }

    [Fact]
    public void PowerSettingCallbackIsToldThePresentValue() => _machine.Run(() =>
    {
        Guid* source = _machine.New<Guid>();
        *source = new Guid("5d3e9a59-e9d5-4b00-a6bd-ff34ff516548");
        List<uint> told = [];
        DriverRoutine callback = _machine.Routine((_, value, _, _) =>
        {
            told.Add(*(uint*)value);
            return 0;
        });
        void* handle;

        Assert.Equal(STATUS_SUCCESS, PoRegisterPowerSettingCallback(null, source, callback, null, &handle));

        Assert.Equal([0u], told);
        Assert.Equal(STATUS_SUCCESS, PoUnregisterPowerSettingCallback(handle));
    });

    [Fact]
    public void FrameworkTellsOfTheFirstUserAndTheLast() => _machine.Run(() =>
    {
        List<string> told = [];
        void* handle = RegisterWithFramework(told);

        PoFxStartDevicePowerManagement(handle);
        PoFxActivateComponent(handle, 0, 0);
        PoFxActivateComponent(handle, 0, 0);
        PoFxIdleComponent(handle, 0, 0);
        PoFxIdleComponent(handle, 0, 0);

        Assert.Equal(["idle 0", "active 0", "idle 0"], told);
    });

    [Fact]
    public void ComponentThatTheDeviceLacksIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() => PoFxActivateComponent(RegisterWithFramework([]), 1, 0));

        Assert.Equal(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, report.Code);
    }

    private void* RegisterWithFramework(List<string> told)
    {
        PO_FX_DEVICE_V1* device = _machine.New<PO_FX_DEVICE_V1>();
        device->Version = 1;
        device->ComponentCount = 1;
        device->ComponentActiveConditionCallback = Tell(told, "active");
        device->ComponentIdleConditionCallback = Tell(told, "idle");
        void* handle;
        Assert.Equal(STATUS_SUCCESS, PoFxRegisterDevice(_node.PhysicalDevice, device, &handle));
        return handle;
    }

    private DriverRoutine Tell(List<string> told, string what) => _machine.Routine((_, component, _, _) =>
    {
        told.Add($"{what} {component}");
        return 0;
    });

    // Not by TestMachine.Run, in which time would run away with the periodic timer.
    private uint* DetectIdle(uint seconds)
    {
        uint* counter = null;
        _machine.Kernel.Scheduler.Run(() => counter =
            PoRegisterDeviceForIdleDetection(_node.PhysicalDevice, 0, seconds, DEVICE_POWER_STATE.PowerDeviceD3));
        return counter;
    }

    private static POWER_STATE State(DEVICE_POWER_STATE state) => new() { DeviceState = state };

    private void Request(DEVICE_POWER_STATE state) => Assert.Equal(
        STATUS_PENDING,
        PoRequestPowerIrp(_node.PhysicalDevice, IRP_MN_SET_POWER, State(state), default, null, null));

    private NTSTATUS SetSystem(SYSTEM_POWER_STATE state) =>
        _machine.Run(() => _machine.Kernel.Pnp.SetSystemPower(state));
}
