namespace Hil.Wdm;

/// <summary>The kind and number of the bus that a device is on.</summary>
public struct PNP_BUS_INFORMATION
{
    public Guid BusTypeGuid;
    public INTERFACE_TYPE LegacyBusType;
    public uint BusNumber;
}
