namespace Hil.Wdm;

/// <summary>Which relations IRP_MN_QUERY_DEVICE_RELATIONS asks for.</summary>
public enum DEVICE_RELATION_TYPE
{
    BusRelations,
    EjectionRelations,
    PowerRelations,
    RemovalRelations,
    TargetDeviceRelation,
    SingleBusRelations,
    TransportRelations,
}
