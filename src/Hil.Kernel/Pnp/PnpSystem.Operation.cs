namespace Hil.Kernel;

// One operation runs at a time: a thread that waits in one for a driver lets other threads run, and what they want of
// the PnP manager waits. Operations call each other, so the lock is a mutex, which its owner may take again.
public sealed unsafe partial class PnpSystem
{
    private readonly KMUTANT* _operation;

    /// <summary>Does work on a kernel thread of its own, soon.</summary>
    internal void Soon(Action work) => Kernel.Scheduler.RunAsync(() =>
    {
        work();
        return true;
    });

    /// <summary>Waits until no other thread is in an operation; until the result is disposed none will be.</summary>
    private Operation Begin()
    {
        Ntoskrnl.KeWaitForSingleObject(_operation, KWAIT_REASON.Executive, KPROCESSOR_MODE.KernelMode, false, null);
        return new Operation(_operation);
    }

    private readonly ref struct Operation(KMUTANT* mutex)
    {
        private readonly KMUTANT* _mutex = mutex;

        public void Dispose() => Ntoskrnl.KeReleaseMutex(_mutex, false);
    }

    /// <summary>Answers an operation that does not go with the device's state.</summary>
    private NTSTATUS Refuse(DeviceNode node, byte minor)
    {
        string text = $"{MinorNames.OfPnp(minor)} does not go with a device that is {node.State}";
        Report(node, minor, STATUS_INVALID_DEVICE_STATE, text);
        return STATUS_INVALID_DEVICE_STATE;
    }
}
