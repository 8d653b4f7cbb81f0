namespace Hil.Kernel;

/// <summary>Names of minor functions, for reports.</summary>
public static class MinorNames
{
    public static string Of(byte major, byte minor) => major switch
    {
        IRP_MJ_PNP => OfPnp(minor),
        IRP_MJ_POWER => OfPower(minor),
        IRP_MJ_SYSTEM_CONTROL => OfSystemControl(minor),
        _ => OfFile(major, minor) ?? $"{MajorFunctionName.Of(major)} minor 0x{minor:x2}",
    };

    /// <summary>Whether requests of a major function are told apart by the minor one, 0 included.</summary>
    public static bool HasMinors(byte major) =>
        major is IRP_MJ_PNP or IRP_MJ_POWER or IRP_MJ_SYSTEM_CONTROL or IRP_MJ_FILE_SYSTEM_CONTROL;

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
        IRP_MN_SET_LOCK => nameof(IRP_MN_SET_LOCK),
        IRP_MN_QUERY_ID => nameof(IRP_MN_QUERY_ID),
        IRP_MN_QUERY_PNP_DEVICE_STATE => nameof(IRP_MN_QUERY_PNP_DEVICE_STATE),
        IRP_MN_QUERY_BUS_INFORMATION => nameof(IRP_MN_QUERY_BUS_INFORMATION),
        IRP_MN_DEVICE_USAGE_NOTIFICATION => nameof(IRP_MN_DEVICE_USAGE_NOTIFICATION),
        IRP_MN_SURPRISE_REMOVAL => nameof(IRP_MN_SURPRISE_REMOVAL),
        0x18 => "IRP_MN_QUERY_LEGACY_BUS_INFORMATION", // ntddk.h has it, wdm.h has not.
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

    /// <summary>Requests of WMI.</summary>
    public static string OfSystemControl(byte minor) => minor switch
    {
        IRP_MN_QUERY_ALL_DATA => nameof(IRP_MN_QUERY_ALL_DATA),
        IRP_MN_QUERY_SINGLE_INSTANCE => nameof(IRP_MN_QUERY_SINGLE_INSTANCE),
        IRP_MN_CHANGE_SINGLE_INSTANCE => nameof(IRP_MN_CHANGE_SINGLE_INSTANCE),
        IRP_MN_CHANGE_SINGLE_ITEM => nameof(IRP_MN_CHANGE_SINGLE_ITEM),
        IRP_MN_ENABLE_EVENTS => nameof(IRP_MN_ENABLE_EVENTS),
        IRP_MN_DISABLE_EVENTS => nameof(IRP_MN_DISABLE_EVENTS),
        IRP_MN_ENABLE_COLLECTION => nameof(IRP_MN_ENABLE_COLLECTION),
        IRP_MN_DISABLE_COLLECTION => nameof(IRP_MN_DISABLE_COLLECTION),
        IRP_MN_REGINFO => nameof(IRP_MN_REGINFO),
        IRP_MN_EXECUTE_METHOD => nameof(IRP_MN_EXECUTE_METHOD),
        IRP_MN_REGINFO_EX => nameof(IRP_MN_REGINFO_EX),
        _ => $"IRP_MJ_SYSTEM_CONTROL minor 0x{minor:x2}",
    };

    // The names of ntifs.h, which drivers of devices see in requests that pass them by. 0 is the plain request.
    private static string? OfFile(byte major, byte minor) => (major, minor) switch
    {
        (IRP_MJ_READ or IRP_MJ_WRITE, 0x01) => "IRP_MN_DPC",
        (IRP_MJ_READ or IRP_MJ_WRITE, 0x02) => "IRP_MN_MDL",
        (IRP_MJ_READ or IRP_MJ_WRITE, 0x03) => "IRP_MN_MDL_DPC",
        (IRP_MJ_READ or IRP_MJ_WRITE, 0x04) => "IRP_MN_COMPLETE",
        (IRP_MJ_READ or IRP_MJ_WRITE, 0x06) => "IRP_MN_COMPLETE_MDL",
        (IRP_MJ_READ or IRP_MJ_WRITE, 0x07) => "IRP_MN_COMPLETE_MDL_DPC",
        (IRP_MJ_READ or IRP_MJ_WRITE, 0x08) => "IRP_MN_COMPRESSED",
        (IRP_MJ_DIRECTORY_CONTROL, 0x01) => "IRP_MN_QUERY_DIRECTORY",
        (IRP_MJ_DIRECTORY_CONTROL, 0x02) => "IRP_MN_NOTIFY_CHANGE_DIRECTORY",
        (IRP_MJ_FILE_SYSTEM_CONTROL, 0x00) => "IRP_MN_USER_FS_REQUEST",
        (IRP_MJ_FILE_SYSTEM_CONTROL, 0x01) => "IRP_MN_MOUNT_VOLUME",
        (IRP_MJ_FILE_SYSTEM_CONTROL, 0x02) => "IRP_MN_VERIFY_VOLUME",
        (IRP_MJ_FILE_SYSTEM_CONTROL, 0x03) => "IRP_MN_LOAD_FILE_SYSTEM",
        (IRP_MJ_FILE_SYSTEM_CONTROL, 0x04) => "IRP_MN_KERNEL_CALL",
        (IRP_MJ_LOCK_CONTROL, 0x01) => "IRP_MN_LOCK",
        (IRP_MJ_LOCK_CONTROL, 0x02) => "IRP_MN_UNLOCK_SINGLE",
        (IRP_MJ_LOCK_CONTROL, 0x03) => "IRP_MN_UNLOCK_ALL",
        (IRP_MJ_LOCK_CONTROL, 0x04) => "IRP_MN_UNLOCK_ALL_BY_KEY",
        (IRP_MJ_FLUSH_BUFFERS, 0x01) => "IRP_MN_FLUSH_DATA_ONLY",
        (IRP_MJ_FLUSH_BUFFERS, 0x02) => "IRP_MN_FLUSH_NO_SYNC",
        (IRP_MJ_INTERNAL_DEVICE_CONTROL, IRP_MN_SCSI_CLASS) => nameof(IRP_MN_SCSI_CLASS),
        _ => null,
    };
}
