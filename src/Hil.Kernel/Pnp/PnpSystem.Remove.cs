namespace Hil.Kernel;

// Removal in order and by surprise. WDK: Removing a Device. Children go before their parent.
public sealed unsafe partial class PnpSystem
{
    /// <summary>Removes a device that is still there, as disabling it would: query, then remove or cancel.</summary>
    /// <returns>The status of the query; an error leaves the device as it was. STATUS_DEVICE_BUSY for one that was
    /// removed by surprise and has open files.</returns>
    public NTSTATUS Remove(DeviceNode node)
    {
        using Operation operation = Begin();
        switch (node.State)
        {
            case DeviceNodeState.Started:
            case DeviceNodeState.Stopped:
                return RemoveInOrder(node);
            case DeviceNodeState.SurpriseRemoved:
                return FinishRemoval(node) ? STATUS_SUCCESS : STATUS_DEVICE_BUSY;
            case DeviceNodeState.Removed:
                return STATUS_SUCCESS;
            default:
                RemoveStack(node);
                return STATUS_SUCCESS;
        }
    }

    /// <summary>Removes a device and has its bus driver eject it, if it can be ejected (EjectSupported).</summary>
    /// <returns>The status of the removal or of IRP_MN_EJECT.</returns>
    /// <remarks>WDK: IoRequestDeviceEject. A device that is not out afterwards is not started again.</remarks>
    public NTSTATUS Eject(DeviceNode node)
    {
        using Operation operation = Begin();
        NTSTATUS status = Remove(node);
        if (!status.IsSuccess || node.Capabilities.EjectSupported == 0 || !_devices.Contains(node))
            return status;
        status = SendDown(node, IRP_MN_EJECT);
        if (node.Parent != null)
            EnumerateChildren(node.Parent);
        return status;
    }

    /// <summary>Asks whether a device could be removed and takes it back, whatever the answer.</summary>
    public NTSTATUS QueryRemoveAndCancel(DeviceNode node)
    {
        using Operation operation = Begin();
        if (node.State is not (DeviceNodeState.Started or DeviceNodeState.Stopped))
            return Refuse(node, IRP_MN_QUERY_REMOVE_DEVICE);
        NTSTATUS status = QueryRemove(node);
        CancelRemove(node);
        return status;
    }

    /// <summary>The hardware is gone. IRP_MN_REMOVE_DEVICE follows at once if no file is open, else with
    /// FinishRemoval.</summary>
    /// <param name="isPulled">False for hardware that is still there and is only given up.</param>
    public void SurpriseRemove(DeviceNode node, bool isPulled = true)
    {
        using Operation operation = Begin();
        if (node.State is DeviceNodeState.SurpriseRemoved or DeviceNodeState.Removed)
            return;
        foreach (DeviceNode child in node.ChildList.ToArray())
            RemoveMissing(child);
        if (isPulled && node.Function != null && node.IsPresent)
            _pciBus.Disconnect(node);
        if (isPulled || node.Parent == null)
            node.IsPresent = false;
        if (node.State is DeviceNodeState.Enumerated or DeviceNodeState.DriversAdded)
        {
            RemoveStack(node); // Only a device that was started is surprised.
            return;
        }
        SetGoing(node, isGoing: true);
        NTSTATUS status = SendDown(node, IRP_MN_SURPRISE_REMOVAL);
        if (!status.IsSuccess)
            Kernel.Violation($"IRP_MN_SURPRISE_REMOVAL failed for {node} with {status}; a driver must not fail it");
        node.State = DeviceNodeState.SurpriseRemoved;
        Interfaces.DisableAll(node);
        Notifications.TargetRemoved(node);
        FinishRemoval(node);
    }

    /// <summary>A file was closed: surprise removals that waited for the last one go on, soon.</summary>
    internal void FileClosed()
    {
        foreach (DeviceNode node in _devices)
        {
            if (node.State == DeviceNodeState.SurpriseRemoved)
                Soon(() => FinishRemoval(node));
        }
    }

    /// <summary>Completes a surprise removal if no file of the stack, or of a child's, is open any more. Closing the
    /// last file calls it, too.</summary>
    /// <returns>False while files are open.</returns>
    public bool FinishRemoval(DeviceNode node)
    {
        using Operation operation = Begin();
        if (node.State != DeviceNodeState.SurpriseRemoved)
            return true;
        if (HasOpenFilesBelow(node))
            return false;
        RemoveStack(node);
        return true;
    }

    private static bool HasOpenFilesBelow(DeviceNode node) =>
        HasOpenFiles(node.PhysicalDevice) || node.ChildList.Exists(HasOpenFilesBelow);

    private static bool HasOpenFiles(DEVICE_OBJECT* device)
    {
        for (; device != null; device = device->AttachedDevice)
        {
            if (device->ReferenceCount > 0)
                return true;
        }
        return false;
    }

    // Nothing is opened or attached any more while this flag is set.
    private static void SetGoing(DeviceNode node, bool isGoing)
    {
        ref uint flags = ref node.PhysicalDevice->DeviceObjectExtension->ExtensionFlags;
        flags = isGoing ? flags | DOE_REMOVE_PENDING : flags & ~DOE_REMOVE_PENDING;
    }

    private NTSTATUS RemoveInOrder(DeviceNode node)
    {
        NTSTATUS status = QueryRemove(node);
        if (status.IsSuccess)
            RemoveStack(node);
        else
            CancelRemove(node);
        return status;
    }

    private NTSTATUS QueryRemove(DeviceNode node)
    {
        foreach (DeviceNode child in node.ChildList.ToArray())
        {
            bool isRunning = child.State is DeviceNodeState.Started or DeviceNodeState.Stopped;
            NTSTATUS childStatus = isRunning ? QueryRemove(child) : STATUS_SUCCESS;
            if (!childStatus.IsSuccess)
                return childStatus;
        }
        if (!Notifications.TargetMayBeRemoved(node))
            return STATUS_UNSUCCESSFUL;
        SetGoing(node, isGoing: true);
        NTSTATUS status = SendDown(node, IRP_MN_QUERY_REMOVE_DEVICE);
        if (!status.IsSuccess)
            return status;
        node.StateBeforeQuery = node.State;
        node.State = DeviceNodeState.RemovePending;
        if (!HasOpenFiles(node.PhysicalDevice))
            return STATUS_SUCCESS;
        Report(node, IRP_MN_QUERY_REMOVE_DEVICE, STATUS_DEVICE_BUSY, "files of the device are open");
        return STATUS_DEVICE_BUSY;
    }

    // Every device that was asked gets the cancel, also the one that refused (WDK: IRP_MN_CANCEL_REMOVE_DEVICE).
    private void CancelRemove(DeviceNode node)
    {
        SendDown(node, IRP_MN_CANCEL_REMOVE_DEVICE);
        SetGoing(node, isGoing: false);
        if (node.State == DeviceNodeState.RemovePending)
            node.State = node.StateBeforeQuery;
        Notifications.TargetRemovalCancelled(node);
        foreach (DeviceNode child in node.ChildList)
        {
            if (child.State == DeviceNodeState.RemovePending)
                CancelRemove(child);
        }
    }

    private void RemoveStack(DeviceNode node)
    {
        foreach (DeviceNode child in node.ChildList.ToArray())
            RemoveStack(child);
        Interfaces.DisableAll(node);
        if (node.PhysicalDevice->AttachedDevice != null || node.Parent != null)
        {
            NTSTATUS status = SendDown(node, IRP_MN_REMOVE_DEVICE);
            if (!status.IsSuccess)
                Kernel.Violation($"IRP_MN_REMOVE_DEVICE failed for {node} with {status}; a driver must not fail it");
            CheckDetached(node);
        }
        SetGoing(node, isGoing: false);
        _arbiter.Release(node);
        bool wasTold = node.State is DeviceNodeState.SurpriseRemoved or DeviceNodeState.Removed;
        node.State = DeviceNodeState.Removed;
        if (!wasTold)
            Notifications.TargetRemoved(node);
        // A child that its bus driver still reports keeps its physical device object, and is not brought again.
        if (!node.IsPresent || node.Parent is { State: not DeviceNodeState.Started })
            Forget(node);
    }

    private void CheckDetached(DeviceNode node)
    {
        if (node.PhysicalDevice->AttachedDevice != null && node.IsPresent)
            Kernel.Violation($"after IRP_MN_REMOVE_DEVICE a device object is still attached to the stack of {node}");
    }

    /// <summary>Forgets a device whose hardware is gone, and deletes its physical device object if it is one of
    /// ours.</summary>
    private void Forget(DeviceNode node)
    {
        _devices.Remove(node);
        _nodes.Remove((nint)node.PhysicalDevice);
        node.Parent?.ChildList.Remove(node);
        if (node.Parent == null)
            Ntoskrnl.IoDeleteDevice(node.PhysicalDevice);
        else
            Ntoskrnl.ObfDereferenceObject(node.PhysicalDevice);
    }
}
