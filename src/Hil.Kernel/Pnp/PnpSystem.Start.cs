namespace Hil.Kernel;

// Starting, stopping for a while, starting again. WDK: Starting a Device; Stopping a Device to Rebalance Resources.
public sealed unsafe partial class PnpSystem
{
    /// <summary>Assigns resources and starts a device whose drivers were added or that was stopped.</summary>
    /// <returns>The status of IRP_MN_START_DEVICE, or STATUS_INSUFFICIENT_RESOURCES when there were not enough
    /// resources. A failed start removes the stack.</returns>
    public NTSTATUS Start(DeviceNode node)
    {
        using Operation operation = Begin();
        if (node.State is not (DeviceNodeState.DriversAdded or DeviceNodeState.Stopped))
            return Refuse(node, IRP_MN_START_DEVICE);
        NTSTATUS status = AssignResources(node);
        if (status.IsSuccess)
            status = SendStart(node);
        node.Problem = status;
        if (!status.IsSuccess)
        {
            RemoveStack(node);
            return status;
        }
        node.State = DeviceNodeState.Started;
        QueryCapabilities(node);
        RefreshState(node);
        Interfaces.AnnounceStarted(node);
        EnumerateChildren(node);
        return status;
    }

    /// <summary>Stops a started device so that it gives up its resources: query, then stop or cancel.</summary>
    public NTSTATUS Stop(DeviceNode node)
    {
        using Operation operation = Begin();
        if (node.State != DeviceNodeState.Started)
            return Refuse(node, IRP_MN_QUERY_STOP_DEVICE);
        NTSTATUS status = SendDown(node, IRP_MN_QUERY_STOP_DEVICE);
        if (!status.IsSuccess)
        {
            SendDown(node, IRP_MN_CANCEL_STOP_DEVICE);
            return status;
        }
        node.State = DeviceNodeState.StopPending;
        status = SendDown(node, IRP_MN_STOP_DEVICE);
        if (!status.IsSuccess)
            Kernel.Violation($"IRP_MN_STOP_DEVICE failed for {node} with {status}; a driver must not fail it");
        _arbiter.Release(node);
        node.State = DeviceNodeState.Stopped;
        return STATUS_SUCCESS;
    }

    /// <summary>Asks whether a started device could stop and takes it back, whatever the answer.</summary>
    public NTSTATUS QueryStopAndCancel(DeviceNode node)
    {
        using Operation operation = Begin();
        if (node.State != DeviceNodeState.Started)
            return Refuse(node, IRP_MN_QUERY_STOP_DEVICE);
        NTSTATUS status = SendDown(node, IRP_MN_QUERY_STOP_DEVICE);
        SendDown(node, IRP_MN_CANCEL_STOP_DEVICE);
        return status;
    }

    private NTSTATUS AssignResources(DeviceNode node)
    {
        void* requirements = Ask(node, IRP_MN_QUERY_RESOURCE_REQUIREMENTS, default);
        void* filtered = FilterRequirements(node, requirements);
        bool isAssigned = _arbiter.TryAssign(node, ResourceRequirements.Read(filtered));
        PoolBuffer.Free(filtered);
        if (isAssigned)
            return STATUS_SUCCESS;
        Report(node, IRP_MN_START_DEVICE, STATUS_INSUFFICIENT_RESOURCES, "its resources cannot be had");
        return STATUS_INSUFFICIENT_RESOURCES;
    }

    // WDK: IRP_MN_FILTER_RESOURCE_REQUIREMENTS. The list comes in both as parameter and as Information; a driver that
    // replaces it frees the old one.
    private void* FilterRequirements(DeviceNode node, void* requirements)
    {
        var parameters = new IO_STACK_LOCATION.ParametersUnion
        {
            FilterResourceRequirements = { IoResourceRequirementList = (IO_RESOURCE_REQUIREMENTS_LIST*)requirements },
        };
        StackRequest.Answer answer = _requests.Send(
            node, IRP_MJ_PNP, IRP_MN_FILTER_RESOURCE_REQUIREMENTS, parameters, STATUS_NOT_SUPPORTED,
            (nuint)requirements);
        if (answer.Status == STATUS_NOT_SUPPORTED)
            return requirements;
        Report(node, IRP_MN_FILTER_RESOURCE_REQUIREMENTS, answer.Status, nameof(IRP_MN_FILTER_RESOURCE_REQUIREMENTS));
        return answer.Status.IsSuccess ? (void*)answer.Information : requirements;
    }

    // The lists are the drivers' for the time of the request only.
    private NTSTATUS SendStart(DeviceNode node)
    {
        CM_RESOURCE_LIST* raw = DeviceResources.CreateList(node.Bus, node.Resources.Raw);
        CM_RESOURCE_LIST* translated = DeviceResources.CreateList(node.Bus, node.Resources.Translated);
        var parameters = new IO_STACK_LOCATION.ParametersUnion
        {
            StartDevice = { AllocatedResources = raw, AllocatedResourcesTranslated = translated },
        };
        NTSTATUS status = SendDown(node, IRP_MN_START_DEVICE, parameters, node.Resources.Describe());
        PoolBuffer.Free(raw);
        PoolBuffer.Free(translated);
        return status;
    }

    /// <summary>Asks for the PNP_DEVICE_xxx flags and acts on them: a failed device is removed.</summary>
    internal void RefreshState(DeviceNode node)
    {
        using Operation operation = Begin();
        if (node.State != DeviceNodeState.Started)
            return;
        StackRequest.Answer answer = Send(node, IRP_MN_QUERY_PNP_DEVICE_STATE);
        node.DeviceState = answer.Status.IsSuccess ? (uint)answer.Information : 0;
        if ((node.DeviceState & (PNP_DEVICE_FAILED | PNP_DEVICE_REMOVED)) != 0)
            SurpriseRemove(node, isPulled: (node.DeviceState & PNP_DEVICE_REMOVED) != 0);
        else if ((node.DeviceState & PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED) != 0 && Stop(node).IsSuccess)
            Start(node);
    }
}
