namespace Hil.Kernel;

/// <summary>What the I/O manager must know of an open file whatever a driver writes into its FILE_OBJECT.</summary>
internal sealed unsafe class FileState(DEVICE_OBJECT* device, UNICODE_STRING* name, FileOpening opening)
{
    public DEVICE_OBJECT* Device { get; } = device;

    /// <summary>The storage behind FILE_OBJECT.FileName.</summary>
    public UNICODE_STRING* Name { get; } = name;

    public bool IsSynchronous { get; } = opening.IsSynchronous;

    public bool CanRead { get; } = (opening.Access & (FILE_READ_DATA | GENERIC_READ | GENERIC_ALL)) != 0;

    public bool CanWrite { get; } =
        (opening.Access & (FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE | GENERIC_ALL)) != 0;

    /// <summary>Whether share access routines let it through.</summary>
    public bool IgnoresSharing { get; set; }

    /// <summary>Memory of drivers at the file, by signature.</summary>
    public Dictionary<ulong, ulong> StreamIdentifiers { get; } = [];

    /// <summary>Where requests go that are not to go to the top of the stack; null for the top.</summary>
    public DEVICE_OBJECT* Target { get; } = (DEVICE_OBJECT*)opening.Target;

    /// <summary>Whether the driver agreed to the open, so that it is told of the end.</summary>
    public bool IsOpen { get; set; }
}
