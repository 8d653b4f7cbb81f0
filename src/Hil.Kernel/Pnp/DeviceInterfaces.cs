namespace Hil.Kernel;

// An interface is registered once and for all, enabled and disabled as the device comes and goes. Enabling makes a
// symbolic link to the physical device object; interfaces that differ only in their reference string share it. A driver
// may enable while it handles IRP_MN_START_DEVICE; those who wait for the interface hear of it once the device has
// started.

/// <summary>The device interfaces of all devices.</summary>
internal sealed unsafe class DeviceInterfaces(NtKernel kernel)
{
    private readonly List<DeviceInterface> _interfaces = [];
    private readonly List<DeviceInterface> _unannounced = [];

    public DeviceInterface Register(DeviceNode node, Guid interfaceClass, string reference)
    {
        foreach (DeviceInterface known in _interfaces)
        {
            if (known.Node == node && known.Class == interfaceClass && known.Reference == reference)
                return known;
        }
        var added = new DeviceInterface(node, interfaceClass, reference);
        added.Key.Create("Device Parameters");
        _interfaces.Add(added);
        return added;
    }

    /// <summary>The interface of a name, or null.</summary>
    public DeviceInterface? Find(string name) =>
        _interfaces.Find(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Names of the interfaces of a class, of one device or of all.</summary>
    public IReadOnlyList<string> Find(Guid interfaceClass, DeviceNode? node, bool enabledOnly)
    {
        List<string> names = [];
        foreach (DeviceInterface known in _interfaces)
        {
            bool isAskedFor = known.Class == interfaceClass && (node == null || known.Node == node);
            if (isAskedFor && (known.IsEnabled || !enabledOnly))
                names.Add(known.Name);
        }
        return names;
    }

    /// <summary>Names of the enabled interfaces of a device, in the order they were registered.</summary>
    public IReadOnlyList<string> Find(DeviceNode node) =>
        _interfaces.FindAll(known => known.Node == node && known.IsEnabled).ConvertAll(known => known.Name);

    /// <summary>The interface of another class with the same device and reference string, or null.</summary>
    public DeviceInterface? FindAlias(DeviceInterface original, Guid interfaceClass) => _interfaces.Find(
        known => known.Class == interfaceClass && known.Node == original.Node && known.Reference == original.Reference);

    public NTSTATUS Enable(DeviceInterface target)
    {
        if (target.IsEnabled)
            return STATUS_OBJECT_NAME_EXISTS;
        if (!IsLinked(target))
        {
            NTSTATUS status = CreateLink(target);
            if (!status.IsSuccess)
                return status;
        }
        target.IsEnabled = true;
        if (target.Node.State == DeviceNodeState.Started)
            Announce(target);
        else
            _unannounced.Add(target);
        return STATUS_SUCCESS;
    }

    public NTSTATUS Disable(DeviceInterface target)
    {
        if (!target.IsEnabled)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        target.IsEnabled = false;
        if (!IsLinked(target))
        {
            using var link = new PoolString(target.Link);
            Ntoskrnl.IoDeleteSymbolicLink(link.Value);
        }
        if (!_unannounced.Remove(target))
            kernel.Pnp.Notifications.InterfaceRemoved(target);
        return STATUS_SUCCESS;
    }

    /// <summary>The device is started: tells of the interfaces that were enabled meanwhile.</summary>
    public void AnnounceStarted(DeviceNode node)
    {
        foreach (DeviceInterface waiting in _unannounced.FindAll(waiting => waiting.Node == node))
        {
            _unannounced.Remove(waiting);
            Announce(waiting);
        }
    }

    /// <summary>Disables what a driver has left enabled when its device goes.</summary>
    public void DisableAll(DeviceNode node)
    {
        foreach (DeviceInterface left in _interfaces.FindAll(known => known.Node == node && known.IsEnabled))
            Disable(left);
    }

    private bool IsLinked(DeviceInterface target) => _interfaces.Exists(
        known => known.IsEnabled && known.Link.Equals(target.Link, StringComparison.OrdinalIgnoreCase));

    private NTSTATUS CreateLink(DeviceInterface target)
    {
        using var link = new PoolString(target.Link);
        using var device = new PoolString(target.Node.DeviceName);
        return Ntoskrnl.IoCreateSymbolicLink(link.Value, device.Value);
    }

    private void Announce(DeviceInterface target)
    {
        kernel.Events.Add(KernelEventKind.Pnp, (ulong)target.Node.PhysicalDevice, 0, 0, $"interface {target.Name}");
        kernel.Pnp.Notifications.InterfaceArrived(target);
    }
}
