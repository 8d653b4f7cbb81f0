namespace Hil.Loader;

/// <summary>A driver that a kernel knows, native or managed, from loading to unloading.</summary>
/// <remarks>The methods that run driver code belong on a kernel thread at PASSIVE_LEVEL (Scheduler.Run).</remarks>
public abstract unsafe class LoadedDriver
{
    private readonly DriverRecord _record;
    private bool _isKnown;
    private bool _isInitialized;

    private protected LoadedDriver(NtKernel kernel, DriverRecord record)
    {
        Kernel = kernel;
        _record = record;
    }

    public NtKernel Kernel { get; }

    /// <summary>The service's name, as in \Driver\edu.</summary>
    public string Name => _record.ServiceName;

    public DRIVER_OBJECT* Object => _record.Object;

    /// <summary>The image, or null for a managed driver.</summary>
    public virtual NativeModule? Module => null;

    /// <summary>Imports that nothing provides; calling one is a bug check that names it.</summary>
    public virtual IReadOnlyList<MissingImport> MissingImports => [];

    private protected DriverRecord Record => _record;

    /// <summary>Makes the driver object known and calls DriverEntry. After a failure status the driver is to be freed,
    /// not
    /// unloaded.</summary>
    /// <returns>What DriverEntry returned, or STATUS_OBJECT_NAME_COLLISION if a driver of this name is
    /// loaded.</returns>
    public NTSTATUS Initialize()
    {
        NTSTATUS status = Kernel.Io.AddDriver(Object);
        _isKnown = status.IsSuccess;
        if (!_isKnown)
            return status;
        _record.CreateServiceKey(Module?.Name ?? Name + ".dll");
        if (Module != null)
            Kernel.Process.NotifyImage(Module);
        status = CallDriverEntry();
        Kernel.Events.Add(KernelEventKind.Driver, (ulong)Object, (uint)status.Value,
            text: $"{Name}: DriverEntry returned {status}");
        if (!status.IsSuccess)
            RequireNothingLeft();
        if (status.IsSuccess)
            FinishInitialization();
        else if (Object->DeviceObject != null)
            Kernel.Violation($"{Name}: DriverEntry failed and left device object 0x{(ulong)Object->DeviceObject:x}");
        return status;
    }

    /// <summary>Calls DriverUnload and takes the driver away.</summary>
    /// <returns>STATUS_INVALID_DEVICE_REQUEST, and the driver stays, if it has no DriverUnload.</returns>
    /// <remarks>WDK: DRIVER_UNLOAD. PnP devices must have been removed before.</remarks>
    public NTSTATUS Unload()
    {
        if (_isInitialized)
        {
            if (Object->DriverUnload.IsNull)
                return STATUS_INVALID_DEVICE_REQUEST;
            Object->Flags |= DRVO_UNLOAD_INVOKED;
            Kernel.Processor.Call(Object->DriverUnload, Object);
            RequireNothingLeft();
            if (Object->DeviceObject != null)
                Kernel.Violation(
                    $"{Name}: DriverUnload returned and left device object 0x{(ulong)Object->DeviceObject:x}");
        }
        Kernel.Events.Add(KernelEventKind.Driver, (ulong)Object, text: $"{Name}: unloaded");
        Free();
        return STATUS_SUCCESS;
    }

    /// <summary>Takes the driver away without calling it: after a failed DriverEntry, or with a stopped
    /// machine.</summary>
    public void Free()
    {
        if (_isKnown)
            Kernel.Io.RemoveDriver(Object);
        FreeCode();
        _record.Free();
    }

    private void RequireNothingLeft()
    {
        Kernel.WorkQueues.WaitForIoWork(Object);
        if (Module != null)
            Ntoskrnl.RequireNothingOf(Kernel, Module);
    }

    private NTSTATUS CallDriverEntry()
    {
        using var path = new RegistryPath(Kernel, _record.RegistryPath);
        return new NTSTATUS((uint)Kernel.Processor.Call(Object->DriverInit, Object, path.String));
    }

    private void FinishInitialization()
    {
        _isInitialized = true;
        Object->Flags |= DRVO_INITIALIZED;
        if (Object->DriverExtension->AddDevice.IsNull)
            Object->Flags |= DRVO_LEGACY_DRIVER;
        OnInitialized();
        Kernel.Io.DriverEntryReturned(Object);
        Kernel.Io.RunReinitializations();
    }

    private protected virtual void OnInitialized()
    {
    }

    private protected abstract void FreeCode();

    // Windows frees the registry path when DriverEntry returns; a driver that kept the pointer faults here as it does
    // there.
    private readonly ref struct RegistryPath
    {
        private readonly NtKernel _kernel;

        public RegistryPath(NtKernel kernel, string path)
        {
            _kernel = kernel;
            String = (UNICODE_STRING*)kernel.Pages.Allocate(PAGE_SIZE, PageAccess.ReadWrite);
            if (String == null)
                throw new InvalidOperationException("the RAM window has no room for a registry path");
            String->Buffer = (char*)(String + 1);
            path.CopyTo(new Span<char>(String->Buffer, path.Length));
            String->Length = (ushort)(path.Length * sizeof(char));
            String->MaximumLength = (ushort)(String->Length + sizeof(char));
        }

        public UNICODE_STRING* String { get; }

        public void Dispose() => _kernel.Pages.Free((ulong)String, PAGE_SIZE);
    }
}
