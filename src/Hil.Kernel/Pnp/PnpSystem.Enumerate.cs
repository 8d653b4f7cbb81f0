namespace Hil.Kernel;

// From a bus to a device node: the questions that the PnP manager puts to a new physical device object, in Windows'
// order.
public sealed unsafe partial class PnpSystem
{
    /// <summary>Makes the device node of a PCI function, without drivers.</summary>
    public DeviceNode Enumerate(PciFunction function, InterruptPreference preference = InterruptPreference.Registry) =>
        Introduce(_pciBus.Enumerate(this, function, preference));

    /// <summary>Makes a device that no bus reports, for drivers without hardware.</summary>
    /// <param name="deviceId">Such as "Root\Sample"; the part before the backslash names the enumerator.</param>
    public DeviceNode EnumerateRoot(string deviceId) => Introduce(_rootBus.Enumerate(this, deviceId, []));

    /// <summary>As EnumerateRoot, for a device with fixed resources (IoReportDetectedDevice).</summary>
    internal DeviceNode EnumerateRoot(string deviceId, IReadOnlyList<IO_RESOURCE_DESCRIPTOR[]> requirements) =>
        Introduce(_rootBus.Enumerate(this, deviceId, requirements));

    private DeviceNode Introduce(DeviceNode node)
    {
        _nodes.Add((nint)node.PhysicalDevice, node);
        _devices.Add(node);
        node.DeviceId = PoolBuffer.TakeString(QueryId(node, BUS_QUERY_ID_TYPE.BusQueryDeviceID), "the device ID");
        QueryCapabilities(node);
        node.InstancePath = $@"{node.DeviceId}\{InstanceIdOf(node)}";
        node.HardwareIds = QueryIds(node, BUS_QUERY_ID_TYPE.BusQueryHardwareIDs);
        node.CompatibleIds = QueryIds(node, BUS_QUERY_ID_TYPE.BusQueryCompatibleIDs);
        node.Description = QueryText(node, DEVICE_TEXT_TYPE.DeviceTextDescription);
        node.Location = QueryText(node, DEVICE_TEXT_TYPE.DeviceTextLocationInformation);
        QueryBusInformation(node);
        QueryBootResources(node);
        WriteHardwareKey(node);
        Report(node, IRP_MN_DEVICE_ENUMERATED, STATUS_SUCCESS, $"found {node}");
        return node;
    }

    private void* QueryId(DeviceNode node, BUS_QUERY_ID_TYPE type)
    {
        var parameters = new IO_STACK_LOCATION.ParametersUnion { QueryId = { IdType = type } };
        return Ask(node, IRP_MN_QUERY_ID, parameters);
    }

    private IReadOnlyList<string> QueryIds(DeviceNode node, BUS_QUERY_ID_TYPE type) =>
        PoolBuffer.TakeStrings(QueryId(node, type), "the list of IDs");

    private string QueryText(DeviceNode node, DEVICE_TEXT_TYPE type)
    {
        const uint EnglishUnitedStates = 0x409;
        var parameters = new IO_STACK_LOCATION.ParametersUnion
        {
            QueryDeviceText = { DeviceTextType = type, LocaleId = EnglishUnitedStates },
        };
        return PoolBuffer.TakeString(Ask(node, IRP_MN_QUERY_DEVICE_TEXT, parameters), "the device text");
    }

    private void QueryBusInformation(DeviceNode node)
    {
        void* answer = Ask(node, IRP_MN_QUERY_BUS_INFORMATION, default);
        if (answer == null)
            return;
        PNP_BUS_INFORMATION bus = *PointerCheck.Follow<PNP_BUS_INFORMATION>(answer, "the bus information");
        PoolBuffer.Free(answer);
        node.Bus = new BusInformation(bus.BusTypeGuid, bus.LegacyBusType, bus.BusNumber);
    }

    private void QueryBootResources(DeviceNode node)
    {
        var list = (CM_RESOURCE_LIST*)Ask(node, IRP_MN_QUERY_RESOURCES, default);
        if (list == null)
            return;
        PointerCheck.Follow<CM_RESOURCE_LIST>(list, "the boot resources");
        int count = (int)list->List.PartialResourceList.Count;
        int bytes = DeviceResources.ListBytes(count);
        if (list->Count == 1 && count >= 0 && PointerCheck.IsReadable((ulong)list, (ulong)bytes))
            node.BootResources = new ReadOnlySpan<byte>(list, bytes).ToArray();
        PoolBuffer.Free(list);
    }

    // WDK: IRP_MN_QUERY_CAPABILITIES. The sender fills in size and version, and all ones where a driver is to choose.
    private NTSTATUS QueryCapabilities(DeviceNode node)
    {
        var capabilities = (DEVICE_CAPABILITIES*)PoolBuffer.Allocate(sizeof(DEVICE_CAPABILITIES));
        capabilities->Size = (ushort)sizeof(DEVICE_CAPABILITIES);
        capabilities->Version = 1;
        capabilities->Address = uint.MaxValue;
        capabilities->UINumber = uint.MaxValue;
        var parameters = new IO_STACK_LOCATION.ParametersUnion { DeviceCapabilities = { Capabilities = capabilities } };
        NTSTATUS status = _requests
            .Send(node, IRP_MJ_PNP, IRP_MN_QUERY_CAPABILITIES, parameters, STATUS_NOT_SUPPORTED).Status;
        if (status.IsSuccess)
            node.Capabilities = *capabilities;
        PoolBuffer.Free(capabilities);
        return status;
    }

    /// <summary>A question whose answer is memory; null when the stack does not answer it.</summary>
    private void* Ask(DeviceNode node, byte minor, in IO_STACK_LOCATION.ParametersUnion parameters)
    {
        StackRequest.Answer answer = _requests.Send(node, IRP_MJ_PNP, minor, parameters, STATUS_NOT_SUPPORTED);
        return answer.Status.IsSuccess ? (void*)answer.Information : null;
    }

    // An instance ID that is unique on its bus only gets a prefix that names the bus: depth and a hash of the parent's
    // path.
    private string InstanceIdOf(DeviceNode node)
    {
        string id = PoolBuffer.TakeString(QueryId(node, BUS_QUERY_ID_TYPE.BusQueryInstanceID), "the instance ID");
        if (node.Capabilities.UniqueID != 0)
            return id;
        int depth = 3;
        for (DeviceNode? parent = node.Parent; parent != null; parent = parent.Parent)
            depth++;
        string bus = node.Parent?.InstancePath ?? $@"ACPI\PNP0A08\{node.Function?.Address.Bus ?? 0}";
        return $"{depth}&{Hash(bus):x}&0&{id}";
    }

    // FNV-1a: any hash will do, as long as every run has the same.
    private static uint Hash(string text)
    {
        uint hash = 2166136261;
        foreach (char c in text)
            hash = (hash ^ char.ToUpperInvariant(c)) * 16777619;
        return hash;
    }

    private static void WriteHardwareKey(DeviceNode node)
    {
        RegistryKey key = node.HardwareKey;
        key.SetString("DeviceDesc", node.Description);
        key.SetString("LocationInformation", node.Location);
        key.SetStrings("HardwareID", node.HardwareIds);
        key.SetStrings("CompatibleIDs", node.CompatibleIds);
        key.SetDword("Address", node.Capabilities.Address);
        key.SetDword("ConfigFlags", 0);
        key.Create("Device Parameters");
    }
}
