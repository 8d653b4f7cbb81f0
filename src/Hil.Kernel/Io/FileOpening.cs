namespace Hil.Kernel;

/// <summary>How a file is opened.</summary>
/// <param name="Access">FILE_GENERIC_READ and its kin.</param>
/// <param name="Share">FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_SHARE_DELETE.</param>
/// <param name="Options">FILE_SYNCHRONOUS_IO_NONALERT and its kin.</param>
/// <param name="Disposition">FILE_OPEN and its kin.</param>
public sealed record FileOpening(
    uint Access = FILE_GENERIC_READ | FILE_GENERIC_WRITE,
    uint Share = FILE_SHARE_READ | FILE_SHARE_WRITE,
    uint Options = 0,
    uint Disposition = FILE_OPEN)
{
    /// <summary>Address of the device object that requests are sent to, if not to the top of the stack (a file system
    /// filter's hint); or 0.</summary>
    internal ulong Target { get; init; }

    /// <summary>Whether requests for the file go one at a time and wait (no FILE_FLAG_OVERLAPPED).</summary>
    public bool IsSynchronous => (Options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)) != 0;
}
