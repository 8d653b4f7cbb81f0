namespace Hil.Kernel;

// An I/O work item keeps a reference on its device or driver object from when it is queued until its routine has
// returned. On Windows the driver's image stays for as long (WDK: IoQueueWorkItem); here its unloading waits.

/// <summary>How many I/O work items of each driver are queued or run.</summary>
internal sealed unsafe class IoWork(NtKernel kernel)
{
    private readonly Dictionary<nint, int> _counts = [];
    private readonly List<nint> _waiters = []; // Events of those in WaitFor.

    public static DRIVER_OBJECT* DriverOf(void* ioObject) =>
        ((DEVICE_OBJECT*)ioObject)->Type == IO_TYPE_DRIVER
            ? (DRIVER_OBJECT*)ioObject
            : ((DEVICE_OBJECT*)ioObject)->DriverObject;

    public void Begin(DRIVER_OBJECT* driver) => _counts[(nint)driver] = CountOf(driver) + 1;

    public void End(DRIVER_OBJECT* driver)
    {
        int left = CountOf(driver) - 1;
        _counts[(nint)driver] = left;
        if (left != 0)
            return;
        foreach (nint returned in _waiters)
            Ntoskrnl.KeSetEvent((KEVENT*)returned, IO_NO_INCREMENT, false);
    }

    /// <summary>Waits until no item of a driver is queued or runs, on a kernel thread at PASSIVE_LEVEL.</summary>
    public void WaitFor(DRIVER_OBJECT* driver)
    {
        if (CountOf(driver) != 0)
        {
            var returned = (KEVENT*)kernel.Io.Scratch.Rent();
            Ntoskrnl.KeInitializeEvent(returned, EVENT_TYPE.SynchronizationEvent, false);
            _waiters.Add((nint)returned);
            while (CountOf(driver) != 0)
                Ntoskrnl.WaitFor(&returned->Header);
            _waiters.Remove((nint)returned);
            kernel.Io.Scratch.Return(returned);
        }
        _counts.Remove((nint)driver);
    }

    private int CountOf(DRIVER_OBJECT* driver) => _counts.GetValueOrDefault((nint)driver);
}
