namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Gives a device its once-a-second routine, not started yet.</summary>
    /// <returns>STATUS_INSUFFICIENT_RESOURCES when memory is exhausted.</returns>
    /// <remarks>WDK: IoInitializeTimer. Called again it only exchanges routine and context.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS IoInitializeTimer(DEVICE_OBJECT* deviceObject, DriverRoutine timerRoutine, void* context)
    {
        IO_TIMER* timer = deviceObject->Timer;
        if (timer == null)
        {
            timer = NtKernel.Current.DeviceTimers.Create(deviceObject, timerRoutine, context);
            if (timer == null)
                return STATUS_INSUFFICIENT_RESOURCES;
            deviceObject->Timer = timer;
        }
        timer->TimerRoutine = timerRoutine;
        timer->Context = context;
        return STATUS_SUCCESS;
    }

    /// <summary>Starts calling a device's timer routine once a second, at DISPATCH_LEVEL.</summary>
    /// <remarks>WDK: IoStartTimer.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoStartTimer(DEVICE_OBJECT* deviceObject) =>
        NtKernel.Current.DeviceTimers.Start(TimerOf(deviceObject));

    /// <summary>Stops calling a device's timer routine; the timer routine itself may do so.</summary>
    /// <remarks>WDK: IoStopTimer.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void IoStopTimer(DEVICE_OBJECT* deviceObject) =>
        NtKernel.Current.DeviceTimers.Stop(TimerOf(deviceObject));

    private static IO_TIMER* TimerOf(DEVICE_OBJECT* deviceObject) =>
        PointerCheck.Follow<IO_TIMER>(deviceObject->Timer, "DeviceObject->Timer (IoInitializeTimer was not called)");
}
