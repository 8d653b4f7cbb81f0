namespace Hil.Kernel;

// A bus driver of the kernel's own: a driver object like any other, whose dispatch routines are C#. It answers for the
// physical device objects at the bottom of the stacks. As every bus driver does, it completes each IRP that reaches it
// and leaves the status alone where a request means nothing to it (WDK: Handling IRPs in a Bus Driver).

/// <summary>The driver of physical device objects: PnP, power and WMI dispatch; the kinds of bus are its
/// subclasses.</summary>
internal abstract unsafe partial class BusDriver
{
    private readonly string _name;
    private DRIVER_OBJECT* _driverObject;

    protected BusDriver(NtKernel kernel, string name)
    {
        Kernel = kernel;
        _name = name;
    }

    protected NtKernel Kernel { get; }

    /// <summary>Made at first use: a kernel without devices needs no bus driver.</summary>
    protected DRIVER_OBJECT* DriverObject =>
        _driverObject == null ? _driverObject = CreateDriverObject() : _driverObject;

    /// <summary>Makes a physical device object; null when memory or the name is not to be had.</summary>
    protected DEVICE_OBJECT* CreatePhysicalDevice(string name)
    {
        DEVICE_OBJECT* device = null;
        using var deviceName = new PoolString(name);
        NTSTATUS status = Ntoskrnl.IoCreateDevice(
            DriverObject, 0, deviceName.Value, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, false, &device);
        if (!status.IsSuccess)
            return null;
        device->Flags = (device->Flags | DO_BUS_ENUMERATED_DEVICE) & ~DO_DEVICE_INITIALIZING;
        return device;
    }

    private DRIVER_OBJECT* CreateDriverObject()
    {
        DRIVER_OBJECT* driverObject = Kernel.Io.CreateDriver(_name);
        driverObject->MajorFunction[IRP_MJ_PNP] = Kernel.Gate.Register(DispatchPnp);
        driverObject->MajorFunction[IRP_MJ_POWER] = Kernel.Gate.Register(DispatchPower);
        driverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = Kernel.Gate.Register(DispatchSystemControl);
        return driverObject;
    }

    private ulong DispatchPnp(ulong* arguments)
    {
        var irp = (IRP*)arguments[1];
        Kernel.Pnp.NoteReachedBus(irp);
        DeviceNode? node = Kernel.Pnp.Find((DEVICE_OBJECT*)arguments[0]);
        return Complete(irp, node == null ? STATUS_NO_SUCH_DEVICE : AnswerPnp(node, irp));
    }

    private ulong DispatchPower(ulong* arguments)
    {
        var irp = (IRP*)arguments[1];
        Kernel.Pnp.NoteReachedBus(irp);
        DeviceNode? node = Kernel.Pnp.Find((DEVICE_OBJECT*)arguments[0]);
        return Complete(irp, node == null ? STATUS_NO_SUCH_DEVICE : AnswerPower(node, irp));
    }

    private static ulong DispatchSystemControl(ulong* arguments)
    {
        var irp = (IRP*)arguments[1];
        return Complete(irp, irp->IoStatus.Status);
    }

    private static ulong Complete(IRP* irp, NTSTATUS status)
    {
        irp->IoStatus.Status = status;
        Ntoskrnl.IofCompleteRequest(irp, IO_NO_INCREMENT);
        return (uint)status.Value;
    }
}
