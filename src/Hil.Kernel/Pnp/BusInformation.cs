namespace Hil.Kernel;

/// <summary>What IRP_MN_QUERY_BUS_INFORMATION says about the bus that a device is on.</summary>
internal readonly record struct BusInformation(Guid BusType, INTERFACE_TYPE LegacyType, uint Number)
{
    /// <summary>GUID_BUS_TYPE_PCI.</summary>
    public static readonly Guid Pci = new("c8ebdfb0-b510-11d0-80e5-00a0c92542e3");

    /// <summary>GUID_BUS_TYPE_INTERNAL: devices that the PnP manager itself enumerates.</summary>
    public static BusInformation Root { get; } =
        new(new Guid("1530ea73-086b-11d1-a09f-00c04fc340b1"), INTERFACE_TYPE.Internal, 0);
}
