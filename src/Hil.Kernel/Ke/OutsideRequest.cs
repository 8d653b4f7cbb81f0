namespace Hil.Kernel;

/// <summary>What an <see cref="OutsideRequest"/> asks for.</summary>
public enum OutsideRequestKind : byte
{
    /// <summary>Work that nobody described: it can be done, but not written down.</summary>
    Unknown,

    /// <summary>Work that the kernel gave itself, such as deleting an object later. It comes again by itself.</summary>
    Internal,

    /// <summary>Nothing: the requester waits until what it asked before has begun.</summary>
    Nothing,

    /// <summary>DriverEntry, and the devices that the driver is for.</summary>
    Start,

    /// <summary>Remove the devices, unload the driver.</summary>
    Unload,

    /// <summary>Another PnP state. Code: the action, numbered by who asks.</summary>
    Change,

    /// <summary>Remove devices that were pulled out, if no file is open any more.</summary>
    FinishRemoval,

    /// <summary>List the IRPs that drivers hold.</summary>
    ListPending,

    /// <summary>Reserve window memory. Code: pages.</summary>
    Reserve,

    /// <summary>Open a file. Data: path, UTF-8, empty for the device under test; Code: access, Flags: share,
    /// Offset: options and, from bit 32, disposition.</summary>
    Open,

    Close,

    /// <summary>A read, write or control request whose requester goes on meanwhile.</summary>
    Submit,

    /// <summary>The same, on a thread that waits for its end.</summary>
    Execute,

    /// <summary>Cancel a request. Code: its number.</summary>
    Cancel,

    /// <summary>Sleep or resume of the system. Code: the SYSTEM_POWER_STATE.</summary>
    Power,
}

/// <summary>What the world above asks of a kernel, in a form that can be written down and asked again.</summary>
public sealed class OutsideRequest(OutsideRequestKind kind)
{
    /// <summary>Flags of a read, write or control request: the output buffer's first contents follow the input in
    /// <see cref="Data"/>, because the driver reads them.</summary>
    public const uint OutputIsRead = 0x100;

    public OutsideRequestKind Kind { get; } = kind;

    /// <summary>Whether the end of the work is the end of the request, and there is no more to say about it.</summary>
    public bool EndsWithItsWork => Kind is OutsideRequestKind.Nothing or OutsideRequestKind.FinishRemoval
        or OutsideRequestKind.ListPending or OutsideRequestKind.Reserve or OutsideRequestKind.Close
        or OutsideRequestKind.Cancel;

    /// <summary>From 1, in the order in which the kernel took the requests up; 0 before.</summary>
    public long Number { get; set; }

    /// <summary>Number of the file, in the order in which files were opened, from 1; 0 for none.</summary>
    public long File { get; init; }

    /// <summary>Control code, or what the kind says.</summary>
    public uint Code { get; init; }

    /// <summary>Of a read or write, or what the kind says.</summary>
    public long Offset { get; init; }

    /// <summary>Of a read, write or control request: major function, <see cref="OutputIsRead"/>.</summary>
    public uint Flags { get; init; }

    /// <summary>Where the input lies, if that is in the RAM window; else 0.</summary>
    public ulong InputAddress { get; init; }

    /// <summary>Where the output goes, if that is in the RAM window; else 0.</summary>
    public ulong OutputAddress { get; init; }

    public uint OutputBytes { get; init; }

    /// <summary>Input, or what the kind says.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }
}

/// <summary>Where a worker takes its next request from.</summary>
public enum RequestSource : byte
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>What has waited longest.</summary>
    Queue,

    /// <summary>The schedule itself brought one.</summary>
    Schedule,
}
