using System.Runtime.InteropServices;

namespace Hil.Kernel;

// From a device node to a device stack: AddDevice of each driver, lowest first. WDK: Writing an AddDevice Routine.
public sealed unsafe partial class PnpSystem
{
    /// <summary>Finds, equips and starts a PCI function: what plugging it in does. See the node's State and
    /// Problem.</summary>
    public DeviceNode AddDevice(
        PciFunction function, DRIVER_OBJECT* driver, InterruptPreference preference = InterruptPreference.Registry)
    {
        DeviceNode node = Enumerate(function, preference);
        Bring(node, driver);
        return node;
    }

    /// <summary>The same for a device without hardware.</summary>
    public DeviceNode AddRootDevice(string deviceId, DRIVER_OBJECT* driver)
    {
        DeviceNode node = EnumerateRoot(deviceId);
        Bring(node, driver);
        return node;
    }

    /// <summary>Calls AddDevice of each driver, in order from the bottom of the stack: lower filters, the function
    /// driver, upper filters. A function driver that fails leaves the device without drivers.</summary>
    public NTSTATUS AddDrivers(DeviceNode node, params DRIVER_OBJECT*[] lowestFirst)
    {
        using Operation operation = Begin();
        if (node.State is not (DeviceNodeState.Enumerated or DeviceNodeState.Removed) || !node.IsPresent)
            return Refuse(node, IRP_MN_DEVICE_ENUMERATED);
        foreach (DRIVER_OBJECT* driver in lowestFirst)
        {
            NTSTATUS status = CallAddDevice(node, driver);
            if (status.IsSuccess)
                continue;
            node.Problem = status;
            RemoveStack(node);
            node.State = DeviceNodeState.Enumerated;
            return status;
        }
        node.State = DeviceNodeState.DriversAdded;
        return STATUS_SUCCESS;
    }

    private void Bring(DeviceNode node, DRIVER_OBJECT* driver)
    {
        if (AddDrivers(node, driver).IsSuccess)
            Start(node);
    }

    private NTSTATUS CallAddDevice(DeviceNode node, DRIVER_OBJECT* driver)
    {
        DriverRoutine addDevice = driver->DriverExtension->AddDevice;
        if (addDevice.IsNull)
        {
            NTSTATUS missing = STATUS_INVALID_DEVICE_REQUEST;
            Report(node, IRP_MN_DEVICE_ENUMERATED, missing, "the driver has no AddDevice routine");
            return missing;
        }
        NoteService(node, driver);
        DEVICE_OBJECT* topBefore = TopOf(node.PhysicalDevice);
        var status = new NTSTATUS((uint)Kernel.Processor.Call(addDevice, driver, node.PhysicalDevice));
        Report(node, IRP_MN_DEVICE_ENUMERATED, status, "AddDevice");
        CheckAttached(node, driver, topBefore, status);
        return status;
    }

    private void CheckAttached(DeviceNode node, DRIVER_OBJECT* driver, DEVICE_OBJECT* topBefore, NTSTATUS status)
    {
        DEVICE_OBJECT* top = TopOf(node.PhysicalDevice);
        if (!status.IsSuccess)
        {
            if (top != topBefore)
                Kernel.Violation($"AddDevice failed with {status} for {node} and left a device object attached");
        }
        else if (top == topBefore)
        {
            Kernel.Violation($"AddDevice succeeded for {node} without attaching a device object to the stack");
        }
        else if ((top->Flags & DO_DEVICE_INITIALIZING) != 0)
        {
            // WDK: Clearing the DO_DEVICE_INITIALIZING Flag. Until then nobody can attach to or open the device.
            Kernel.Violation($"AddDevice left DO_DEVICE_INITIALIZING set in the device object for {node}");
            top->Flags &= ~DO_DEVICE_INITIALIZING;
        }
    }

    private static DEVICE_OBJECT* TopOf(DEVICE_OBJECT* device)
    {
        while (device->AttachedDevice != null)
            device = device->AttachedDevice;
        return device;
    }

    // The hardware key names the service, the software key is the class's next free number; an INF would have set both.
    private static void NoteService(DeviceNode node, DRIVER_OBJECT* driver)
    {
        const string UnknownClass = "{4d36e97e-e325-11ce-bfc1-08002be10318}";
        RegistryKey key = node.HardwareKey;
        if (key.FindValue("Service") != null)
            return;
        ReadOnlySpan<char> name = new(driver->DriverName.Buffer, driver->DriverName.Length / sizeof(char));
        key.SetString("Service", name[(name.LastIndexOf('\\') + 1)..].ToString());
        key.SetString("Class", "Unknown");
        key.SetString("ClassGUID", UnknownClass);
        RegistryKey classKey = node.Pnp.Kernel.Registry.Create($@"{Registry.ClassPath}\{UnknownClass}");
        string number = $"{classKey.Subkeys.Count:d4}";
        classKey.Create(number).SetString("DriverDesc", node.Description);
        key.SetString("Driver", $@"{UnknownClass}\{number}");
    }
}
