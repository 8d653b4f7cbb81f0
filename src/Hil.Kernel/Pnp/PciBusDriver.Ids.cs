namespace Hil.Kernel;

// WDK: Identifiers for PCI Devices.
internal sealed unsafe partial class PciBusDriver
{
    protected override string? IdOf(DeviceNode node, BUS_QUERY_ID_TYPE type)
    {
        PciFunction function = FunctionOf(node);
        return type switch
        {
            BUS_QUERY_ID_TYPE.BusQueryDeviceID => HardwareIdsOf(function)[0],
            BUS_QUERY_ID_TYPE.BusQueryHardwareIDs => Join(HardwareIdsOf(function)),
            BUS_QUERY_ID_TYPE.BusQueryCompatibleIDs => Join(CompatibleIdsOf(function)),
            BUS_QUERY_ID_TYPE.BusQueryInstanceID => $"{SlotOf(function):X2}",
            _ => null,
        };
    }

    protected override string DescriptionOf(DeviceNode node) => PciClassNames.Find(FunctionOf(node).ClassCode);

    protected override string LocationOf(DeviceNode node)
    {
        PciAddress address = FunctionOf(node).Address;
        return $"PCI bus {address.Bus}, device {address.Device}, function {address.Function}";
    }

    private static string[] HardwareIdsOf(PciFunction f)
    {
        string device = $@"PCI\VEN_{f.VendorId:X4}&DEV_{f.DeviceId:X4}";
        string subsystem = $"{device}&SUBSYS_{f.SubsystemId:X4}{f.SubsystemVendorId:X4}";
        return
        [
            $"{subsystem}&REV_{f.RevisionId:X2}",
            subsystem,
            $"{device}&CC_{f.ClassCode:X6}",
            $"{device}&CC_{f.ClassCode >> 8:X4}",
        ];
    }

    private static string[] CompatibleIdsOf(PciFunction f)
    {
        string vendor = $@"PCI\VEN_{f.VendorId:X4}";
        return
        [
            $"{vendor}&DEV_{f.DeviceId:X4}&REV_{f.RevisionId:X2}",
            $"{vendor}&DEV_{f.DeviceId:X4}",
            $"{vendor}&CC_{f.ClassCode:X6}",
            $"{vendor}&CC_{f.ClassCode >> 8:X4}",
            vendor,
            $@"PCI\CC_{f.ClassCode:X6}",
            $@"PCI\CC_{f.ClassCode >> 8:X4}",
        ];
    }

    private static string Join(string[] ids) => string.Join('\0', ids) + '\0';

    /// <summary>Device and function number as pci.sys puts them into instance IDs: five bits and three.</summary>
    private static int SlotOf(PciFunction function) => (function.Address.Device << 3) | function.Address.Function;
}
