namespace Hil.Kernel;

// Devices that a driver enumerates. WDK: IRP_MN_QUERY_DEVICE_RELATIONS, BusRelations: the answer is in paged pool, each
// device object in it referenced; a device that was in the last answer and is not in this one is gone.
public sealed unsafe partial class PnpSystem
{
    /// <summary>Asks a started device for its children, brings new ones, removes those that are gone.</summary>
    public void EnumerateChildren(DeviceNode node)
    {
        using Operation operation = Begin();
        if (node.State != DeviceNodeState.Started)
            return;
        List<nint> reported = QueryBusRelations(node);
        foreach (DeviceNode child in node.ChildList.ToArray())
        {
            if (!reported.Contains((nint)child.PhysicalDevice))
                RemoveMissing(child);
        }
        foreach (nint device in reported)
        {
            if (_nodes.ContainsKey(device))
                Ntoskrnl.ObfDereferenceObject((void*)device);
            else
                BringChild(node, (DEVICE_OBJECT*)device);
        }
    }

    private List<nint> QueryBusRelations(DeviceNode node)
    {
        const uint RelationsMax = 1024; // A wild count must not read the window.
        List<nint> devices = [];
        var parameters = new IO_STACK_LOCATION.ParametersUnion
        {
            QueryDeviceRelations = { Type = DEVICE_RELATION_TYPE.BusRelations },
        };
        var relations = (DEVICE_RELATIONS*)Ask(node, IRP_MN_QUERY_DEVICE_RELATIONS, parameters);
        if (relations == null)
            return devices;
        PointerCheck.Follow<DEVICE_RELATIONS>(relations, "the device relations");
        for (uint i = 0; i < Math.Min(relations->Count, RelationsMax); i++)
        {
            void* device = (&relations->Objects)[i];
            devices.Add((nint)PointerCheck.Follow<DEVICE_OBJECT>(device, $"DEVICE_RELATIONS.Objects[{i}]"));
        }
        PoolBuffer.Free(relations);
        return devices;
    }

    private void BringChild(DeviceNode parent, DEVICE_OBJECT* device)
    {
        DeviceNode child = new(this, parent, device);
        parent.ChildList.Add(child);
        Introduce(child);
        DRIVER_OBJECT* driver = FindDriver == null ? null : FindDriver(child);
        if (driver != null)
        {
            Bring(child, driver);
        }
        else if (child.Capabilities.RawDeviceOK != 0)
        {
            child.State = DeviceNodeState.DriversAdded;
            Start(child);
        }
    }

    private void RemoveMissing(DeviceNode child)
    {
        if (child.State == DeviceNodeState.SurpriseRemoved)
            return; // It is on its way: FinishRemoval follows when its last file is closed.
        child.IsPresent = false;
        if (child.State is DeviceNodeState.Started or DeviceNodeState.Stopped)
            SurpriseRemove(child);
        else
            RemoveStack(child);
    }
}
