namespace Hil.Kernel;

// Every started IoTimer ticks with the others, once a second, out of one DPC: on Windows too a driver cannot tell when in
// the second that is (WDK: "Using an IoTimer Routine").

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
        _started.Add((nint)timer);
        if (_started.Count == 1)
            StartTicking();
    }

    internal void Stop(IO_TIMER* timer)
    {
        timer->TimerFlag = 0;
        if (_started.Remove((nint)timer) && _started.Count == 0)
            Ntoskrnl.KeCancelTimer(_timer);
    }

    /// <summary>For the I/O manager, when a device object is deleted.</summary>
    internal void Delete(IO_TIMER* timer)
    {
        Stop(timer);
        _kernel.Pool.Free(timer);
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

    // A routine may stop its own timer or another device's, so the list is walked from behind and looked at anew each time.
    private ulong Tick()
    {
        for (int i = _started.Count - 1; i >= 0; i--)
        {
            if (i >= _started.Count)
                continue;
            var timer = (IO_TIMER*)_started[i];
            _kernel.Processor.Call(timer->TimerRoutine, timer->DeviceObject, timer->Context);
        }
        return 0;
    }
}
