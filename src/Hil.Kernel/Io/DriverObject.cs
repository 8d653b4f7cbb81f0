namespace Hil.Kernel;

public sealed unsafe partial class IoSystem
{
    private readonly Dictionary<(ulong Driver, ulong Client), ulong> _driverExtensions = [];
    private readonly List<(ulong Driver, DriverRoutine Routine, ulong Context)> _reinitializations = [];
    private readonly Dictionary<ulong, int> _unnamedDevices = [];

    /// <summary>Registrations of IoRegisterContainerNotification.</summary>
    internal HashSet<nint> SessionNotifications { get; } = [];

    /// <summary>What IoGetFileObjectGenericMapping gives; null before the first call.</summary>
    internal uint* FileGenericMapping { get; set; }

    /// <summary>Kernel routine of the APCs that tell of a request's end; null before the first.</summary>
    internal DriverRoutine FreeApc { get; set; }

    /// <summary>Loads drivers that others name by their services; null when there are no images to load.</summary>
    public IServiceLoader? ServiceLoader { get; set; }

    /// <summary>Makes a driver object known before its DriverEntry runs: fills the dispatch table with the default
    /// routine, names the object \Driver\….</summary>
    /// <returns>STATUS_OBJECT_NAME_COLLISION if a driver of that name is loaded.</returns>
    public NTSTATUS AddDriver(DRIVER_OBJECT* driverObject)
    {
        for (int major = 0; major <= IRP_MJ_MAXIMUM_FUNCTION; major++)
            driverObject->MajorFunction[major] = InvalidDeviceRequest;
        KernelObject created = _kernel.Objects.Add(ObjectType.Driver, driverObject);
        NTSTATUS status = _kernel.Objects.Names.Insert(DriverString.Read(&driverObject->DriverName), created);
        if (!status.IsSuccess)
            _kernel.Objects.Dereference(created);
        return status;
    }

    /// <summary>Forgets a driver object that is about to be freed, with what was registered for it.</summary>
    public void RemoveDriver(DRIVER_OBJECT* driverObject)
    {
        _reinitializations.RemoveAll(entry => entry.Driver == (ulong)driverObject);
        _unnamedDevices.Remove((ulong)driverObject);
        foreach ((ulong Driver, ulong Client) key in _driverExtensions.Keys)
        {
            if (key.Driver != (ulong)driverObject)
                continue;
            _kernel.Pool.Free((void*)_driverExtensions[key]);
            _driverExtensions.Remove(key);
        }
        if (_kernel.Objects.Find(driverObject) is { } known)
            _kernel.Objects.Dereference(known);
    }

    /// <summary>Ends the initialisation of the devices that DriverEntry made: from now on they can be opened.</summary>
    /// <remarks>WDK: DO_DEVICE_INITIALIZING, which the I/O manager clears after DriverEntry and the driver after
    /// AddDevice.</remarks>
    public void DriverEntryReturned(DRIVER_OBJECT* driverObject)
    {
        for (DEVICE_OBJECT* device = driverObject->DeviceObject; device != null; device = device->NextDevice)
            PointerCheck.Follow<DEVICE_OBJECT>(device, "DriverObject->DeviceObject")->Flags &= ~DO_DEVICE_INITIALIZING;
    }

    /// <summary>Makes a driver object for a driver that has no image, such as the kernel's own bus driver. It lives
    /// as long as the kernel.</summary>
    public DRIVER_OBJECT* CreateDriver(string name)
    {
        var block = (DriverBlock*)_kernel.Pool.Allocate((nuint)sizeof(DriverBlock), PoolTag, zero: true);
        UNICODE_STRING* fullName = DriverString.Create(_kernel, @"\Driver\" + name);
        Invariant.Holds(block != null && fullName != null, "the RAM window has room for the kernel's own drivers");
        block->Driver.Type = IO_TYPE_DRIVER;
        block->Driver.Size = (short)sizeof(DRIVER_OBJECT);
        block->Driver.DriverExtension = &block->Extension;
        block->Driver.DriverName = *fullName;
        block->Driver.Flags = DRVO_BUILTIN_DRIVER | DRVO_INITIALIZED;
        block->Extension.DriverObject = &block->Driver;
        NTSTATUS status = AddDriver(&block->Driver);
        Invariant.Holds(status.IsSuccess, "the kernel's own drivers have names of their own");
        return &block->Driver;
    }

    /// <summary>Calls the routines that drivers registered to be called again after the others have been
    /// initialised.</summary>
    public void RunReinitializations()
    {
        (ulong Driver, DriverRoutine Routine, ulong Context)[] due = [.. _reinitializations];
        _reinitializations.Clear();
        foreach ((ulong driver, DriverRoutine routine, ulong context) in due)
        {
            var driverObject = (DRIVER_OBJECT*)driver;
            driverObject->Flags &= ~(DRVO_REINIT_REGISTERED | DRVO_BOOTREINIT_REGISTERED);
            uint count = ++driverObject->DriverExtension->Count;
            _kernel.Processor.Call(routine, driver, context, count);
        }
    }

    internal void RegisterReinitialization(DRIVER_OBJECT* driverObject, DriverRoutine routine, void* context) =>
        _reinitializations.Add(((ulong)driverObject, routine, (ulong)context));

    /// <summary>What reports call a driver's next device that has no name.</summary>
    internal string TitleOfDevice(DRIVER_OBJECT* driverObject)
    {
        int number = _unnamedDevices[(ulong)driverObject] = _unnamedDevices.GetValueOrDefault((ulong)driverObject) + 1;
        string driver = _kernel.Objects.Find(driverObject)?.Name ?? "";
        return $"{driver[(driver.LastIndexOf('\\') + 1)..]}/device {number}";
    }

    internal NTSTATUS AddDriverExtension(DRIVER_OBJECT* driverObject, void* client, uint bytes, void** extension)
    {
        *extension = null;
        if (_driverExtensions.ContainsKey(((ulong)driverObject, (ulong)client)))
            return STATUS_OBJECT_NAME_COLLISION;
        void* allocated = _kernel.Pool.Allocate(Math.Max(bytes, 1), PoolTag, zero: true);
        if (allocated == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        _driverExtensions.Add(((ulong)driverObject, (ulong)client), (ulong)allocated);
        *extension = allocated;
        return STATUS_SUCCESS;
    }

    internal void* FindDriverExtension(DRIVER_OBJECT* driverObject, void* client) =>
        (void*)_driverExtensions.GetValueOrDefault(((ulong)driverObject, (ulong)client));

    private struct DriverBlock
    {
        public DRIVER_OBJECT Driver;
        public DRIVER_EXTENSION Extension;
    }
}

public static unsafe partial class Ntoskrnl
{
    /// <summary>Allocates zeroed memory that belongs to a driver object and is found again by an
    /// identification.</summary>
    /// <returns>STATUS_OBJECT_NAME_COLLISION if the identification is taken, STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: IoAllocateDriverObjectExtension.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static NTSTATUS IoAllocateDriverObjectExtension(
        DRIVER_OBJECT* driverObject,
        void* clientIdentificationAddress,
        uint driverObjectExtensionSize,
        void** driverObjectExtension) =>
        NtKernel.Current.Io.AddDriverExtension(
            driverObject, clientIdentificationAddress, driverObjectExtensionSize, driverObjectExtension);

    /// <summary>Memory of IoAllocateDriverObjectExtension, or null.</summary>
    /// <remarks>WDK: IoGetDriverObjectExtension.</remarks>
    [Export(MaxIrql = DISPATCH_LEVEL)]
    public static void* IoGetDriverObjectExtension(DRIVER_OBJECT* driverObject, void* clientIdentificationAddress) =>
        NtKernel.Current.Io.FindDriverExtension(driverObject, clientIdentificationAddress);

    /// <summary>Has a routine called after DriverEntry and after other drivers have been initialised.</summary>
    /// <remarks>WDK: IoRegisterDriverReinitialization.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoRegisterDriverReinitialization(
        DRIVER_OBJECT* driverObject, DriverRoutine driverReinitializationRoutine, void* context)
    {
        driverObject->Flags |= DRVO_REINIT_REGISTERED;
        NtKernel.Current.Io.RegisterReinitialization(driverObject, driverReinitializationRoutine, context);
    }

    /// <inheritdoc cref="IoRegisterDriverReinitialization"/>
    /// <remarks>WDK: IoRegisterBootDriverReinitialization.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void IoRegisterBootDriverReinitialization(
        DRIVER_OBJECT* driverObject, DriverRoutine driverReinitializationRoutine, void* context)
    {
        driverObject->Flags |= DRVO_BOOTREINIT_REGISTERED;
        NtKernel.Current.Io.RegisterReinitialization(driverObject, driverReinitializationRoutine, context);
    }
}
