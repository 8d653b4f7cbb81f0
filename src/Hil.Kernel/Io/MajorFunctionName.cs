namespace Hil.Kernel;

/// <summary>Names of major functions, for reports.</summary>
public static class MajorFunctionName
{
    private static readonly string[] s_names =
    [
        nameof(IRP_MJ_CREATE), nameof(IRP_MJ_CREATE_NAMED_PIPE), nameof(IRP_MJ_CLOSE), nameof(IRP_MJ_READ),
        nameof(IRP_MJ_WRITE), nameof(IRP_MJ_QUERY_INFORMATION), nameof(IRP_MJ_SET_INFORMATION), nameof(IRP_MJ_QUERY_EA),
        nameof(IRP_MJ_SET_EA), nameof(IRP_MJ_FLUSH_BUFFERS), nameof(IRP_MJ_QUERY_VOLUME_INFORMATION),
        nameof(IRP_MJ_SET_VOLUME_INFORMATION), nameof(IRP_MJ_DIRECTORY_CONTROL), nameof(IRP_MJ_FILE_SYSTEM_CONTROL),
        nameof(IRP_MJ_DEVICE_CONTROL), nameof(IRP_MJ_INTERNAL_DEVICE_CONTROL), nameof(IRP_MJ_SHUTDOWN),
        nameof(IRP_MJ_LOCK_CONTROL), nameof(IRP_MJ_CLEANUP), nameof(IRP_MJ_CREATE_MAILSLOT),
        nameof(IRP_MJ_QUERY_SECURITY), nameof(IRP_MJ_SET_SECURITY), nameof(IRP_MJ_POWER),
        nameof(IRP_MJ_SYSTEM_CONTROL), nameof(IRP_MJ_DEVICE_CHANGE),
        nameof(IRP_MJ_QUERY_QUOTA), nameof(IRP_MJ_SET_QUOTA), nameof(IRP_MJ_PNP),
    ];

    /// <summary>As in wdm.h, or the number in hexadecimal.</summary>
    public static string Of(byte majorFunction) =>
        majorFunction < s_names.Length ? s_names[majorFunction] : $"major function 0x{majorFunction:x}";
}
