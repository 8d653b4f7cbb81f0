namespace Hil.Kernel;

// Every started IoTimer ticks with the others, once a second, out of one DPC: on Windows too a driver cannot tell when
// in the second that is (WDK: "Using an IoTimer Routine").

/// <summary>The once-a-second timers of devices.</summary>
public sealed unsafe class DeviceTimers
{
    private const uint Tag = 0x54206F49; // 'Io T'
    private const int PeriodMs = 1_000;
    private const long FirstTick = -10_000_000;

    private readonly NtKernel _kernel;
    private readonly List<nint> _started = [];
    private KTIMER* _timer;
    private KDPC* _dpc;
    private bool _isTicking;

    internal DeviceTimers(NtKernel kernel) => _kernel = kernel;

    internal IO_TIMER* Create(DEVICE_OBJECT* device, DriverRoutine routine, void* context)
    {
        var timer = (IO_TIMER*)_kernel.Pool.Allocate((nuint)sizeof(IO_TIMER), Tag, zero: true);
        if (timer == null)
            return null;
        timer->Type = IO_TYPE_TIMER;
        timer->DeviceObject = device;
        timer->TimerRoutine = routine;
        timer->Context = context;
        return timer;
    }

    internal void Start(IO_TIMER* timer)
    {
        if (timer->TimerFlag != 0)
            return;
        timer->TimerFlag = 1;
        bool isFirst = _started.TrueForAll(static started => started == 0);
        _started.Add((nint)timer);
        if (isFirst)
            StartTicking();
    }

    internal void Stop(IO_TIMER* timer)
    {
        timer->TimerFlag = 0;
        int index = _started.IndexOf((nint)timer);
        if (index < 0)
            return;
        if (_isTicking)
            _started[index] = 0; // The walk goes on over the list; it is tidied up afterwards.
        else
            _started.RemoveAt(index);
        if (_started.TrueForAll(static started => started == 0))
            Ntoskrnl.KeCancelTimer(_timer);
    }

    /// <summary>For the I/O manager, when a device object is deleted.</summary>
    internal void Remove(DEVICE_OBJECT* device)
    {
        if (device->Timer == null)
            return;
        Stop(device->Timer);
        _kernel.Pool.Free(device->Timer);
        device->Timer = null;
    }

    private void StartTicking()
    {
        if (_timer == null)
            CreateTimer();
        Ntoskrnl.KeSetTimerEx(_timer, FirstTick, PeriodMs, _dpc);
    }

    private void CreateTimer()
    {
        _timer = (KTIMER*)_kernel.Pool.Allocate((nuint)sizeof(KTIMER), Tag, zero: true);
        _dpc = (KDPC*)_kernel.Pool.Allocate((nuint)sizeof(KDPC), Tag, zero: true);
        Invariant.Holds(_timer != null && _dpc != null, "there is room for the timer of all device timers");
        Ntoskrnl.KeInitializeTimer(_timer);
        Ntoskrnl.KeInitializeDpc(_dpc, _kernel.Gate.Register(_ => Tick()), null);
    }

    private ulong Tick()
    {
        _isTicking = true;
        int count = _started.Count; // A timer that a routine starts ticks from the next second on.
        for (int i = 0; i < count; i++)
        {
            var timer = (IO_TIMER*)_started[i];
            if (timer != null)
                _kernel.Processor.Call(timer->TimerRoutine, timer->DeviceObject, timer->Context);
        }
        _isTicking = false;
        _started.RemoveAll(static started => started == 0);
        return 0;
    }
}
