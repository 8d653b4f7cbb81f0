namespace Hil.Kernel;

public sealed unsafe partial class IoSystem
{
    private readonly List<ulong> _shutdownDevices = [];
    private readonly List<ulong> _lastChanceDevices = [];

    /// <summary>Tells the drivers that registered for it that the system shuts down. On a kernel thread.</summary>
    public void SendShutdown()
    {
        SendShutdown(_shutdownDevices);
        SendShutdown(_lastChanceDevices);
    }

    internal void RegisterShutdown(DEVICE_OBJECT* device, bool isLastChance)
    {
        device->Flags |= DO_SHUTDOWN_REGISTERED;
        (isLastChance ? _lastChanceDevices : _shutdownDevices).Add((ulong)device);
    }

    internal void UnregisterShutdown(DEVICE_OBJECT* device)
    {
        device->Flags &= ~DO_SHUTDOWN_REGISTERED;
        _shutdownDevices.Remove((ulong)device);
        _lastChanceDevices.Remove((ulong)device);
    }

    // The last to register hears first, as with everything that stands on something else.
    private void SendShutdown(List<ulong> devices)
    {
        while (devices.Count != 0)
        {
            var device = (DEVICE_OBJECT*)devices[^1];
            UnregisterShutdown(device);
            IRP* irp = Ntoskrnl.AllocateIrp(device->StackSize, IrpOwner.Driver);
            if (irp == null)
                return;
            IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_SHUTDOWN;
            Ntoskrnl.IoSynchronousCallDriver(device, irp);
            Ntoskrnl.IoFreeIrp(irp);
        }
    }
}

public static unsafe partial class Ntoskrnl
{
    /// <summary>Has IRP_MJ_SHUTDOWN sent to a device when the system shuts down.</summary>
    /// <returns>STATUS_SUCCESS.</returns>
    /// <remarks>WDK: IoRegisterShutdownNotification.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoRegisterShutdownNotification(DEVICE_OBJECT* deviceObject)
    {
        NtKernel.Current.Io.RegisterShutdown(deviceObject, isLastChance: false);
        return STATUS_SUCCESS;
    }

    /// <summary>As IoRegisterShutdownNotification, after all file systems have been flushed.</summary>
    /// <returns>STATUS_SUCCESS.</returns>
    /// <remarks>WDK: IoRegisterLastChanceShutdownNotification.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS IoRegisterLastChanceShutdownNotification(DEVICE_OBJECT* deviceObject)
    {
        NtKernel.Current.Io.RegisterShutdown(deviceObject, isLastChance: true);
        return STATUS_SUCCESS;
    }

    /// <summary>Undoes IoRegisterShutdownNotification.</summary>
    /// <remarks>WDK: IoUnregisterShutdownNotification.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoUnregisterShutdownNotification(DEVICE_OBJECT* deviceObject) =>
        NtKernel.Current.Io.UnregisterShutdown(deviceObject);
}
