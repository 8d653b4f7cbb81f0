namespace Hil.Kernel;

// WDK: Using PnP Notification. Callbacks run at PASSIVE_LEVEL. Windows runs those for interface changes later, on a
// worker thread; here they run in the thread that made the change, before the next step begins, so that every run is
// the same.

/// <summary>Who wants to hear of device interfaces and target devices coming and going.</summary>
internal sealed unsafe class PlugPlayNotifications(NtKernel kernel)
{
    private const ushort Version = 1;

    private static readonly Guid s_interfaceArrival = new("cb3a4004-46f0-11d0-b08f-00609713053f");
    private static readonly Guid s_interfaceRemoval = new("cb3a4005-46f0-11d0-b08f-00609713053f");
    private static readonly Guid s_queryRemove = new("cb3a4006-46f0-11d0-b08f-00609713053f");
    private static readonly Guid s_removeCancelled = new("cb3a4007-46f0-11d0-b08f-00609713053f");
    private static readonly Guid s_removeComplete = new("cb3a4008-46f0-11d0-b08f-00609713053f");

    private readonly List<Entry> _entries = [];

    /// <summary>One registration. The handle that the driver gets is the address of its own pool block.</summary>
    private sealed class Entry
    {
        public required void* Handle { get; init; }

        public required DriverRoutine Callback { get; init; }

        public required void* Context { get; init; }

        public Guid? InterfaceClass { get; init; }

        public DeviceNode? Target { get; init; }

        public FILE_OBJECT* File { get; init; }
    }

    /// <summary>Whether an event is the PnP manager's own, which drivers must not report.</summary>
    public static bool IsOwnEvent(Guid change) =>
        change == s_queryRemove || change == s_removeCancelled || change == s_removeComplete;

    /// <summary>Registers for interfaces of a class.</summary>
    public void* AddInterface(Guid interfaceClass, DriverRoutine callback, void* context) => Add(new Entry
    {
        Handle = PoolBuffer.AllocateOwn<byte>(sizeof(ulong)),
        Callback = callback,
        Context = context,
        InterfaceClass = interfaceClass,
    });

    /// <summary>Registers for the removal of the device behind a file.</summary>
    public void* AddTarget(DeviceNode target, FILE_OBJECT* file, DriverRoutine callback, void* context) => Add(new Entry
    {
        Handle = PoolBuffer.AllocateOwn<byte>(sizeof(ulong)),
        Callback = callback,
        Context = context,
        Target = target,
        File = file,
    });

    /// <summary>Registers for what never happens here (hardware profile changes).</summary>
    public void* AddSilent(DriverRoutine callback, void* context) => Add(new Entry
    {
        Handle = PoolBuffer.AllocateOwn<byte>(sizeof(ulong)),
        Callback = callback,
        Context = context,
    });

    /// <summary>False when the handle is none.</summary>
    public bool Remove(void* handle)
    {
        int index = _entries.FindIndex(entry => entry.Handle == handle);
        if (index < 0)
            return false;
        _entries.RemoveAt(index);
        kernel.Pool.Free(handle);
        return true;
    }

    /// <summary>Tells one new listener of an interface that is there already.</summary>
    public void TellExisting(void* handle, DeviceInterface existing)
    {
        Entry? entry = _entries.Find(entry => entry.Handle == handle);
        if (entry != null)
            TellInterface(entry, existing, s_interfaceArrival);
    }

    public void InterfaceArrived(DeviceInterface arrived) => TellInterface(arrived, s_interfaceArrival);

    public void InterfaceRemoved(DeviceInterface removed) => TellInterface(removed, s_interfaceRemoval);

    /// <summary>Asks the listeners of a device; one that fails stands in the way of its removal.</summary>
    public bool TargetMayBeRemoved(DeviceNode node)
    {
        bool mayBeRemoved = true;
        foreach (Entry entry in TargetEntries(node))
            mayBeRemoved &= TellTarget(entry, s_queryRemove).IsSuccess;
        return mayBeRemoved;
    }

    public void TargetRemovalCancelled(DeviceNode node)
    {
        foreach (Entry entry in TargetEntries(node))
            TellTarget(entry, s_removeCancelled);
    }

    public void TargetRemoved(DeviceNode node)
    {
        foreach (Entry entry in TargetEntries(node))
            TellTarget(entry, s_removeComplete);
    }

    /// <summary>Passes a driver's own event on; the structure is the driver's, the file each listener's own.</summary>
    public void TargetChanged(DeviceNode node, TARGET_DEVICE_CUSTOM_NOTIFICATION* notification)
    {
        foreach (Entry entry in TargetEntries(node))
        {
            notification->FileObject = entry.File;
            kernel.Processor.Call(entry.Callback, notification, entry.Context);
        }
        notification->FileObject = null;
    }

    /// <summary>The same with a copy of the driver's structure, then calls back the driver.</summary>
    public void TargetChanged(DeviceNode node, byte[] notification, DriverRoutine callback, void* context)
    {
        var copy = PoolBuffer.AllocateOwn<TARGET_DEVICE_CUSTOM_NOTIFICATION>(notification.Length);
        notification.CopyTo(new Span<byte>(copy, notification.Length));
        TargetChanged(node, copy);
        kernel.Pool.Free(copy);
        if (!callback.IsNull)
            kernel.Processor.Call(callback, context);
    }

    private void* Add(Entry entry)
    {
        _entries.Add(entry);
        return entry.Handle;
    }

    private List<Entry> TargetEntries(DeviceNode node) => _entries.FindAll(entry => entry.Target == node);

    private void TellInterface(DeviceInterface changed, Guid change)
    {
        foreach (Entry entry in _entries.FindAll(entry => entry.InterfaceClass == changed.Class))
            TellInterface(entry, changed, change);
    }

    private void TellInterface(Entry entry, DeviceInterface changed, Guid change)
    {
        using var name = new PoolString(changed.Name);
        var notification = PoolBuffer.AllocateOwn<DEVICE_INTERFACE_CHANGE_NOTIFICATION>(
            sizeof(DEVICE_INTERFACE_CHANGE_NOTIFICATION));
        notification->Version = Version;
        notification->Size = (ushort)sizeof(DEVICE_INTERFACE_CHANGE_NOTIFICATION);
        notification->Event = change;
        notification->InterfaceClassGuid = changed.Class;
        notification->SymbolicLinkName = name.Value;
        kernel.Processor.Call(entry.Callback, notification, entry.Context);
        kernel.Pool.Free(notification);
    }

    private NTSTATUS TellTarget(Entry entry, Guid change)
    {
        var notification = PoolBuffer.AllocateOwn<TARGET_DEVICE_REMOVAL_NOTIFICATION>(
            sizeof(TARGET_DEVICE_REMOVAL_NOTIFICATION));
        notification->Version = Version;
        notification->Size = (ushort)sizeof(TARGET_DEVICE_REMOVAL_NOTIFICATION);
        notification->Event = change;
        notification->FileObject = entry.File;
        var status = new NTSTATUS((uint)kernel.Processor.Call(entry.Callback, notification, entry.Context));
        kernel.Pool.Free(notification);
        return status;
    }
}
