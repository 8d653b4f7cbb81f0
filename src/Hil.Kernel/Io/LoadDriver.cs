namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Loads the driver of a service.</summary>
    /// <param name="driverServiceName">\Registry\Machine\System\CurrentControlSet\Services\….</param>
    /// <returns>STATUS_IMAGE_ALREADY_LOADED; STATUS_OBJECT_NAME_NOT_FOUND for a service without key or an image that
    /// the host does not know; else what DriverEntry returned.</returns>
    /// <remarks>WDK: ZwLoadDriver. The image is ImagePath's, or without that value has the service's name.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwLoadDriver(UNICODE_STRING* driverServiceName)
    {
        NtKernel kernel = NtKernel.Current;
        NTSTATUS status = FindService(driverServiceName, out RegistryKey? key);
        if (!status.IsSuccess)
            return status;
        if (kernel.Objects.Names.Find(@"\Driver\" + key!.Name) != null)
            return STATUS_IMAGE_ALREADY_LOADED;
        string path = key.FindString("ImagePath") ?? key.Name + ".sys";
        string file = path[(path.LastIndexOf('\\') + 1)..];
        return kernel.Io.ServiceLoader?.Load(key.Name, file) ?? STATUS_OBJECT_NAME_NOT_FOUND;
    }

    /// <summary>Unloads the driver of a service.</summary>
    /// <returns>STATUS_OBJECT_NAME_NOT_FOUND for a service without key or whose driver is not loaded;
    /// STATUS_INVALID_DEVICE_REQUEST for a driver that has no DriverUnload, is a PnP driver, or was not loaded by
    /// ZwLoadDriver; STATUS_DEVICE_BUSY while one of its devices is open.</returns>
    /// <remarks>WDK: ZwUnloadDriver. Windows unloads a driver with open devices when the last is closed.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwUnloadDriver(UNICODE_STRING* driverServiceName)
    {
        NtKernel kernel = NtKernel.Current;
        NTSTATUS status = FindService(driverServiceName, out RegistryKey? key);
        if (!status.IsSuccess)
            return status;
        KernelObject? loaded = kernel.Objects.Names.Find(@"\Driver\" + key!.Name);
        if (loaded == null)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        var driver = (DRIVER_OBJECT*)loaded.Address;
        if (driver->DriverUnload.IsNull || (driver->Flags & DRVO_LEGACY_DRIVER) == 0)
            return STATUS_INVALID_DEVICE_REQUEST;
        for (DEVICE_OBJECT* device = driver->DeviceObject; device != null; device = device->NextDevice)
        {
            if (PointerCheck.Follow<DEVICE_OBJECT>(device, "DriverObject->DeviceObject")->ReferenceCount != 0)
                return STATUS_DEVICE_BUSY;
        }
        return kernel.Io.ServiceLoader?.Unload(key.Name) ?? STATUS_INVALID_DEVICE_REQUEST;
    }

    private static NTSTATUS FindService(UNICODE_STRING* name, out RegistryKey? key)
    {
        string path = DriverString.Read(name);
        key = path.Length == 0 ? null : NtKernel.Current.Registry.Find(path);
        return path.Length == 0 ? STATUS_INVALID_PARAMETER
            : key == null ? STATUS_OBJECT_NAME_NOT_FOUND
            : STATUS_SUCCESS;
    }
}
