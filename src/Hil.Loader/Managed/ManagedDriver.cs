namespace Hil.Loader;

// A managed driver is a class whose methods stand in the same DRIVER_OBJECT, IRP stack locations and DPCs as a native
// driver's functions do. Each method gets an address in the RAM window (the kernel's gate), so that native drivers, the
// kernel and other managed drivers call it in the one way they call any driver.

/// <summary>The C# twin of a driver image: derive, fill the driver object in <see cref="DriverEntry"/>.</summary>
/// <remarks>Turn methods into <see cref="DriverRoutine"/>s once, in DriverEntry or the constructor's stead, and keep
/// them: each
/// conversion of a new method takes one of the kernel's stubs until the driver is unloaded.</remarks>
public abstract unsafe class ManagedDriver
{
    private readonly Dictionary<Delegate, DriverRoutine> _routines = [];
    private NtKernel? _kernel;

    /// <summary>Fills the driver object: MajorFunction, DriverUnload, DriverExtension->AddDevice,
    /// DriverStartIo.</summary>
    /// <remarks>WDK: DRIVER_INITIALIZE.</remarks>
    protected internal abstract NTSTATUS DriverEntry(DRIVER_OBJECT* driverObject, UNICODE_STRING* registryPath);

    /// <summary>The kernel that loaded this driver.</summary>
    protected NtKernel Kernel
    {
        get
        {
            Invariant.Holds(_kernel != null, "a managed driver runs only while a kernel has it loaded");
            return _kernel;
        }
    }

    protected DriverRoutine Dispatch(DRIVER_DISPATCH routine) =>
        Routine(routine, a => (uint)routine((DEVICE_OBJECT*)a[0], (IRP*)a[1]).Value);

    protected DriverRoutine StartIo(DRIVER_STARTIO routine) =>
        Routine(routine, a => { routine((DEVICE_OBJECT*)a[0], (IRP*)a[1]); return 0; });

    protected DriverRoutine Cancel(DRIVER_STARTIO routine) => StartIo(routine);

    protected DriverRoutine AddDevice(DRIVER_ADD_DEVICE routine) =>
        Routine(routine, a => (uint)routine((DRIVER_OBJECT*)a[0], (DEVICE_OBJECT*)a[1]).Value);

    protected DriverRoutine Unload(DRIVER_UNLOAD routine) =>
        Routine(routine, a => { routine((DRIVER_OBJECT*)a[0]); return 0; });

    protected DriverRoutine Completion(IO_COMPLETION_ROUTINE routine) =>
        Routine(routine, a => (uint)routine((DEVICE_OBJECT*)a[0], (IRP*)a[1], (void*)a[2]).Value);

    protected DriverRoutine ServiceRoutine(KSERVICE_ROUTINE routine) =>
        Routine(routine, a => routine((KINTERRUPT*)a[0], (void*)a[1]).Value);

    protected DriverRoutine MessageServiceRoutine(KMESSAGE_SERVICE_ROUTINE routine) =>
        Routine(routine, a => routine((KINTERRUPT*)a[0], (void*)a[1], (uint)a[2]).Value);

    protected DriverRoutine Synchronize(KSYNCHRONIZE_ROUTINE routine) =>
        Routine(routine, a => routine((void*)a[0]).Value);

    protected DriverRoutine Deferred(KDEFERRED_ROUTINE routine) =>
        Routine(routine, a => { routine((KDPC*)a[0], (void*)a[1], (void*)a[2], (void*)a[3]); return 0; });

    /// <summary>A DPC for IoInitializeDpcRequest.</summary>
    protected DriverRoutine DpcForIsr(IO_DPC_ROUTINE routine) =>
        Routine(routine, a => { routine((KDPC*)a[0], (DEVICE_OBJECT*)a[1], (IRP*)a[2], (void*)a[3]); return 0; });

    protected DriverRoutine IoTimer(IO_TIMER_ROUTINE routine) =>
        Routine(routine, a => { routine((DEVICE_OBJECT*)a[0], (void*)a[1]); return 0; });

    protected DriverRoutine WorkItem(IO_TIMER_ROUTINE routine) => IoTimer(routine);

    protected DriverRoutine Thread(KSTART_ROUTINE routine) =>
        Routine(routine, a => { routine((void*)a[0]); return 0; });

    protected DriverRoutine AdapterControl(DRIVER_CONTROL routine) =>
        Routine(routine, a => (uint)routine((DEVICE_OBJECT*)a[0], (IRP*)a[1], (void*)a[2], (void*)a[3]));

    protected DriverRoutine AdapterListControl(DRIVER_LIST_CONTROL routine) => Routine(routine,
        a => { routine((DEVICE_OBJECT*)a[0], (IRP*)a[1], (SCATTER_GATHER_LIST*)a[2], (void*)a[3]); return 0; });

    /// <summary>An address for a routine of any other shape; <paramref name="call"/> unpacks its argument
    /// slots.</summary>
    protected DriverRoutine Routine(Delegate identity, ManagedRoutine call)
    {
        if (_routines.TryGetValue(identity, out DriverRoutine known))
            return known;
        DriverRoutine routine = Kernel.Gate.Register(a => Guard(identity, call, a));
        _routines.Add(identity, routine);
        return routine;
    }

    internal DriverRoutine Attach(NtKernel kernel)
    {
        Invariant.Holds(_kernel == null, "one managed driver object is loaded into one kernel at a time");
        _kernel = kernel;
        WildPointers.Catch();
        return Routine(DriverEntry, a => (uint)DriverEntry((DRIVER_OBJECT*)a[0], (UNICODE_STRING*)a[1]).Value);
    }

    internal void Detach()
    {
        foreach (DriverRoutine routine in _routines.Values)
            Kernel.Gate.Unregister(routine);
        _routines.Clear();
        _kernel = null;
    }

    // An exception in a managed driver is what an unhandled one in a native driver is. Null pointers that C# turns into
    // exceptions end here, too.
    private ulong Guard(Delegate identity, ManagedRoutine call, ulong* arguments)
    {
        try
        {
            return Kernel.Processor.CallManaged(identity, call, arguments);
        }
        catch (Exception e) when (!IsForOuterFrames(e))
        {
            Stop(identity, e);
            throw;
        }
    }

    private void Stop(Delegate routine, Exception thrown)
    {
        string name = $"{GetType().Name}.{routine.Method.Name}";
        ulong address = WildPointers.Take();
        if (address != 0 && thrown is NullReferenceException)
        {
            Kernel.BugCheck(
                routine, thrown, (uint)NtStatus.STATUS_ACCESS_VIOLATION.Value, address,
                $"{name} used 0x{address:x}, where there is no memory");
        }
        Kernel.BugCheck(
            routine, thrown, (uint)thrown.HResult, 0, $"{name} threw {thrown.GetType().Name}: {thrown.Message}");
    }

    // A structured exception goes on to native drivers that have called this one over the kernel.
    private bool IsForOuterFrames(Exception e) =>
        e is BugCheckException or MachineLostException or InvariantException or GuestUnwindException
        || (e is GuestRaiseException && Kernel.Processor.HasOuterFrames);

    private DriverRoutine Routine(DriverInitialize identity, ManagedRoutine call) => Routine((Delegate)identity, call);

    private delegate NTSTATUS DriverInitialize(DRIVER_OBJECT* driverObject, UNICODE_STRING* registryPath);
}
