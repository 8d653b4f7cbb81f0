namespace Hil.Wdm;

/// <summary>Which identifier IRP_MN_QUERY_ID asks for.</summary>
public enum BUS_QUERY_ID_TYPE
{
    BusQueryDeviceID,
    BusQueryHardwareIDs,
    BusQueryCompatibleIDs,
    BusQueryInstanceID,
    BusQueryDeviceSerialNumber,
    BusQueryContainerID,
}
