namespace Hil.Kernel;

/// <summary>The PnP manager: device nodes, their resources and their state.</summary>
/// <remarks>Methods that send requests run on a kernel thread (Scheduler.Run from elsewhere) at PASSIVE_LEVEL.</remarks>
public sealed unsafe class PnpSystem
{
    internal PnpSystem(NtKernel kernel) => Kernel = kernel;

    /// <summary>All devices that have not gone, in the order they were found.</summary>
    public IReadOnlyList<DeviceNode> Devices => [];

    /// <summary>Finds drivers for devices that other drivers enumerate (children of bus drivers); null leaves them without.</summary>
    public DriverFinder? FindDriver { get; set; }

    internal NtKernel Kernel { get; }

    /// <summary>Finds, equips and starts a PCI function: what plugging it in does. See the node's State and Problem.</summary>
    public DeviceNode AddDevice(
        PciFunction function, DRIVER_OBJECT* driver, InterruptPreference preference = InterruptPreference.Registry) =>
        throw new NotImplementedException();

    /// <summary>The same for a device without hardware.</summary>
    /// <param name="deviceId">Such as "Root\Sample"; the part before the backslash names the enumerator.</param>
    public DeviceNode AddRootDevice(string deviceId, DRIVER_OBJECT* driver) => throw new NotImplementedException();

    /// <summary>Makes the device node of a PCI function, without drivers.</summary>
    public DeviceNode Enumerate(PciFunction function, InterruptPreference preference = InterruptPreference.Registry) =>
        throw new NotImplementedException();

    /// <summary>Calls AddDevice of each driver, in order from the bottom of the stack: lower filters, the function driver,
    /// upper filters.</summary>
    public NTSTATUS AddDrivers(DeviceNode node, params DRIVER_OBJECT*[] lowestFirst) => throw new NotImplementedException();

    /// <summary>Assigns resources and starts a device whose drivers were added or that was stopped.</summary>
    public NTSTATUS Start(DeviceNode node) => throw new NotImplementedException();

    /// <summary>Stops a started device so that it gives up its resources: query, then stop or cancel.</summary>
    public NTSTATUS Stop(DeviceNode node) => throw new NotImplementedException();

    /// <summary>Removes a device that is still there, as disabling it would: query, then remove or cancel.</summary>
    public NTSTATUS Remove(DeviceNode node) => throw new NotImplementedException();

    /// <summary>The hardware is gone. IRP_MN_REMOVE_DEVICE follows at once if no file is open, else with FinishRemoval.</summary>
    public void SurpriseRemove(DeviceNode node) => throw new NotImplementedException();

    /// <summary>Completes a surprise removal if no file of the stack is open any more. Call after closing files.</summary>
    public bool FinishRemoval(DeviceNode node) => throw new NotImplementedException();

    /// <summary>Takes the system to a sleeping state or back to work, device by device.</summary>
    public NTSTATUS SetSystemPower(SYSTEM_POWER_STATE state) => throw new NotImplementedException();

    /// <summary>Symbolic links of the enabled interfaces of a class, such as \??\PCI#VEN_1234…#{…}.</summary>
    public IReadOnlyList<string> FindInterfaces(Guid interfaceClass) => throw new NotImplementedException();

    /// <summary>The node of a physical device object, or null when it is none.</summary>
    public DeviceNode? Find(DEVICE_OBJECT* physicalDevice) => throw new NotImplementedException();
}

/// <summary>Finds the driver for a device that another driver enumerated; null for none.</summary>
public unsafe delegate DRIVER_OBJECT* DriverFinder(DeviceNode node);
