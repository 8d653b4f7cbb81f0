namespace Hil.Kernel.Tests.Io;

public sealed unsafe class DeviceTimerTests : IDisposable
{
    private const long Second = 10_000_000;

    private readonly TestMachine _machine = new();
    private readonly List<string> _log = [];

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void StartedTimerTicksOnceASecondAtDispatchLevelUntilStopped() => _machine.Run(() =>
    {
        DEVICE_OBJECT* device = new TestDriver(_machine).CreateDevice();
        IoInitializeTimer(device, _machine.Routine((self, context, _, _) =>
        {
            _log.Add($"{self == (ulong)device} {context} {KeGetCurrentIrql()}");
            return 0;
        }), (void*)4);
        Delay(3 * Second);
        Assert.Empty(_log);

        IoStartTimer(device);
        Delay(2 * Second + Second / 2);
        IoStopTimer(device);
        Delay(3 * Second);

        Assert.Equal(["True 4 DISPATCH_LEVEL", "True 4 DISPATCH_LEVEL"], _log);
    });

    [Fact]
    public void RoutineMayStopItsOwnTimerAndOthersStillTick() => _machine.Run(() =>
    {
        var driver = new TestDriver(_machine);
        var devices = new nint[3];
        for (int i = 0; i < devices.Length; i++)
        {
            int number = i;
            devices[i] = (nint)driver.CreateDevice();
            IoInitializeTimer((DEVICE_OBJECT*)devices[i], _machine.Routine(() =>
            {
                _log.Add(number.ToString());
                if (number == 1)
                    IoStopTimer((DEVICE_OBJECT*)devices[1]);
            }), null);
            IoStartTimer((DEVICE_OBJECT*)devices[i]);
        }

        Delay(2 * Second + Second / 2);

        Assert.Equal(["0", "1", "2", "0", "2"], _log);
    });

    [Fact]
    public void DeletedDeviceTicksNoMore() => _machine.Run(() =>
    {
        DEVICE_OBJECT* device = new TestDriver(_machine).CreateDevice();
        IoInitializeTimer(device, _machine.Routine(() => _log.Add("tick")), null);
        IoStartTimer(device);

        IoDeleteDevice(device);
        Delay(3 * Second);

        Assert.Empty(_log);
        Assert.Equal(0, _machine.Kernel.Timers.Count);
    });

    [Fact]
    public void WorkItemGetsItsDeviceAndMayFreeItself() => _machine.Run(() =>
    {
        DEVICE_OBJECT* device = new TestDriver(_machine).CreateDevice();
        IO_WORKITEM* item = IoAllocateWorkItem(device);
        IoQueueWorkItem(item, _machine.Routine((self, context, _, _) =>
        {
            _log.Add($"{self == (ulong)device} {context} {KeGetCurrentIrql()}");
            IoFreeWorkItem(item);
            return 0;
        }), WORK_QUEUE_TYPE.DelayedWorkQueue, (void*)6);
        Delay(Second);

        Assert.Equal(["True 6 PASSIVE_LEVEL"], _log);
    });

    [Fact]
    public void FreeingAQueuedWorkItemIsABugCheck()
    {
        BugCheckReport report = _machine.RunToBugCheck(() =>
        {
            IO_WORKITEM* item = IoAllocateWorkItem(new TestDriver(_machine).CreateDevice());
            KeRaiseIrqlToDpcLevel();
            IoQueueWorkItem(item, _machine.Routine(static () => { }), WORK_QUEUE_TYPE.DelayedWorkQueue, null);
            IoFreeWorkItem(item);
        });

        Assert.Equal(BugCheckCodes.WORKER_INVALID, report.Code);
    }

    private static void Delay(long time)
    {
        long interval = -time;
        KeDelayExecutionThread(KPROCESSOR_MODE.KernelMode, false, &interval);
    }
}
