namespace Hil.Kernel;

/// <summary>Names of PnP and power requests, for reports.</summary>
internal static class MinorNames
{
    public static string Of(byte major, byte minor) => major switch
    {
        IRP_MJ_PNP => OfPnp(minor),
        IRP_MJ_POWER => OfPower(minor),
        _ => $"IRP_MJ 0x{major:x2} minor 0x{minor:x2}",
    };

    public static string OfPnp(byte minor) => minor switch
    {
        IRP_MN_START_DEVICE => nameof(IRP_MN_START_DEVICE),
        IRP_MN_QUERY_REMOVE_DEVICE => nameof(IRP_MN_QUERY_REMOVE_DEVICE),
        IRP_MN_REMOVE_DEVICE => nameof(IRP_MN_REMOVE_DEVICE),
        IRP_MN_CANCEL_REMOVE_DEVICE => nameof(IRP_MN_CANCEL_REMOVE_DEVICE),
        IRP_MN_STOP_DEVICE => nameof(IRP_MN_STOP_DEVICE),
        IRP_MN_QUERY_STOP_DEVICE => nameof(IRP_MN_QUERY_STOP_DEVICE),
        IRP_MN_CANCEL_STOP_DEVICE => nameof(IRP_MN_CANCEL_STOP_DEVICE),
        IRP_MN_QUERY_DEVICE_RELATIONS => nameof(IRP_MN_QUERY_DEVICE_RELATIONS),
        IRP_MN_QUERY_INTERFACE => nameof(IRP_MN_QUERY_INTERFACE),
        IRP_MN_QUERY_CAPABILITIES => nameof(IRP_MN_QUERY_CAPABILITIES),
        IRP_MN_QUERY_RESOURCES => nameof(IRP_MN_QUERY_RESOURCES),
        IRP_MN_QUERY_RESOURCE_REQUIREMENTS => nameof(IRP_MN_QUERY_RESOURCE_REQUIREMENTS),
        IRP_MN_QUERY_DEVICE_TEXT => nameof(IRP_MN_QUERY_DEVICE_TEXT),
        IRP_MN_FILTER_RESOURCE_REQUIREMENTS => nameof(IRP_MN_FILTER_RESOURCE_REQUIREMENTS),
        IRP_MN_READ_CONFIG => nameof(IRP_MN_READ_CONFIG),
        IRP_MN_WRITE_CONFIG => nameof(IRP_MN_WRITE_CONFIG),
        IRP_MN_EJECT => nameof(IRP_MN_EJECT),
        IRP_MN_QUERY_ID => nameof(IRP_MN_QUERY_ID),
        IRP_MN_QUERY_PNP_DEVICE_STATE => nameof(IRP_MN_QUERY_PNP_DEVICE_STATE),
        IRP_MN_QUERY_BUS_INFORMATION => nameof(IRP_MN_QUERY_BUS_INFORMATION),
        IRP_MN_DEVICE_USAGE_NOTIFICATION => nameof(IRP_MN_DEVICE_USAGE_NOTIFICATION),
        IRP_MN_SURPRISE_REMOVAL => nameof(IRP_MN_SURPRISE_REMOVAL),
        IRP_MN_DEVICE_ENUMERATED => nameof(IRP_MN_DEVICE_ENUMERATED),
        _ => $"IRP_MJ_PNP minor 0x{minor:x2}",
    };

    public static string OfPower(byte minor) => minor switch
    {
        IRP_MN_WAIT_WAKE => nameof(IRP_MN_WAIT_WAKE),
        IRP_MN_POWER_SEQUENCE => nameof(IRP_MN_POWER_SEQUENCE),
        IRP_MN_SET_POWER => nameof(IRP_MN_SET_POWER),
        IRP_MN_QUERY_POWER => nameof(IRP_MN_QUERY_POWER),
        _ => $"IRP_MJ_POWER minor 0x{minor:x2}",
    };
}
