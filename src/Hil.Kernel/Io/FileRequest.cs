namespace Hil.Kernel;

/// <summary>A read, write or control request as its requester states it, with buffers wherever they are.</summary>
internal readonly unsafe struct FileRequest
{
    public required byte MajorFunction { get; init; }

    /// <summary>Of a control request; of a query or set, the information class.</summary>
    public uint Code { get; init; }

    /// <summary>Of a read or write.</summary>
    public long Offset { get; init; }

    public byte* Input { get; init; }

    public uint InputBytes { get; init; }

    public byte* Output { get; init; }

    public uint OutputBytes { get; init; }

    /// <summary>The requester's own event, or null: then the file's event is the one that says that the request has
    /// ended.</summary>
    public KEVENT* Event { get; init; }

    public bool IsControl => MajorFunction
        is IRP_MJ_DEVICE_CONTROL or IRP_MJ_INTERNAL_DEVICE_CONTROL or IRP_MJ_FILE_SYSTEM_CONTROL;

    /// <summary>Whether a driver asks, with buffers anywhere in the window; else an application, with user
    /// memory.</summary>
    public bool IsFromKernel { get; init; }

    /// <summary>The system service that an application asks this with.</summary>
    public string Service => MajorFunction switch
    {
        IRP_MJ_READ => nameof(Ntoskrnl.NtReadFile),
        IRP_MJ_WRITE => nameof(Ntoskrnl.NtWriteFile),
        IRP_MJ_FLUSH_BUFFERS => nameof(Ntoskrnl.ZwFlushBuffersFile),
        IRP_MJ_FILE_SYSTEM_CONTROL => nameof(Ntoskrnl.ZwFsControlFile),
        IRP_MJ_QUERY_INFORMATION => nameof(Ntoskrnl.NtQueryInformationFile),
        IRP_MJ_SET_INFORMATION => nameof(Ntoskrnl.NtSetInformationFile),
        _ => nameof(Ntoskrnl.NtDeviceIoControlFile),
    };

    /// <summary>Whether an open with these rights may ask this (WDK: "Defining I/O Control Codes",
    /// RequiredAccess).</summary>
    public bool IsAllowed(bool canRead, bool canWrite) => MajorFunction switch
    {
        IRP_MJ_READ => canRead,
        IRP_MJ_WRITE or IRP_MJ_FLUSH_BUFFERS => canWrite,
        IRP_MJ_DEVICE_CONTROL or IRP_MJ_FILE_SYSTEM_CONTROL =>
            (RequiredAccess & FILE_READ_ACCESS) <= (canRead ? FILE_READ_ACCESS : 0)
            && (RequiredAccess & FILE_WRITE_ACCESS) <= (canWrite ? FILE_WRITE_ACCESS : 0),
        _ => true,
    };

    private uint RequiredAccess => (Code >> 14) & (FILE_READ_ACCESS | FILE_WRITE_ACCESS);

    /// <summary>Whether the driver reads the output buffer, too: it is the transfer's source with METHOD_IN_DIRECT,
    /// and with METHOD_NEITHER anything goes.</summary>
    public bool IsOutputRead => IsControl && METHOD_FROM_CTL_CODE(Code) != METHOD_BUFFERED;

    /// <summary>Whether the driver writes to the output buffer itself, whatever it reports as transferred.</summary>
    public bool IsOutputWritten => MajorFunction switch
    {
        _ when IsControl => METHOD_FROM_CTL_CODE(Code) is METHOD_OUT_DIRECT or METHOD_NEITHER,
        IRP_MJ_READ => true,
        _ => false,
    };
}
