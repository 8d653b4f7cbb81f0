using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hil.Trace;

/// <summary>A trace's file, opened past .NET's own locks: one writer holds it with flock, readers may look
/// meanwhile.</summary>
internal sealed partial class TraceFile : ITraceStorage
{
    public const string CopyAgain = "The file is damaged: copy it again from where it came from, or capture again";

    private const int ReadOnly = 0, ReadWrite = 2, Create = 0x40, NonBlocking = 0x800, CloseOnExec = 0x80000;
    private const int LockShared = 1, LockExclusive = 2, LockNoWait = 4, Unlock = 8;
    private const int Interrupted = 4, WouldBlock = 11;
    private const int PermissionBits = 0x1A4; // rw-r--r--

    private readonly SafeFileHandle _handle;

    private TraceFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
    }

    public string Path { get; }

    public long Length => RandomAccess.GetLength(_handle);

    /// <summary>Makes an empty file that nobody else writes.</summary>
    /// <exception cref="TraceFileException">Somebody does, or the file cannot be made.</exception>
    public static TraceFile CreateForWriting(string path)
    {
        TraceFile file = OpenLocked(path, Create);
        try
        {
            RequireReplaceable(file);
            RandomAccess.SetLength(file._handle, 0);
            return file;
        }
        catch (TraceFileException)
        {
            file.Dispose();
            throw;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file.Dispose();
            throw new TraceFileException(path, $"cannot be emptied: {e.Message.TrimEnd('.')}", "Give another path", e);
        }
    }

    /// <summary>Opens the file for writing and leaves it as it was; one that was not there is gone again.</summary>
    public static void RequireWritable(string path)
    {
        bool isNew = !File.Exists(path);
        using TraceFile file = OpenLocked(path, Create);
        RequireReplaceable(file);
        if (isNew && file.Length == 0)
            File.Delete(path);
    }

    // A wrong name must not cost the driver or its sources. Of a trace that was cut off, its first bytes may be there.
    private static void RequireReplaceable(TraceFile file)
    {
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, TraceFormat.HeaderMagic);
        Span<byte> start = stackalloc byte[sizeof(uint)];
        int bytes = file.Read(0, start);
        if (!magic.StartsWith(start[..bytes]))
        {
            throw new TraceFileException(
                file.Path, "is there and is no trace, so that it is not replaced", "Give another path, or remove it");
        }
    }

    /// <summary>Opens an existing file that nobody else writes, to change it.</summary>
    public static TraceFile OpenForRepair(string path) => OpenLocked(path, 0);

    public static TraceFile OpenForReading(string path) => new(path, Open(path, ReadOnly));

    private static TraceFile OpenLocked(string path, int flags)
    {
        SafeFileHandle handle = Open(path, ReadWrite | flags);
        if (flock(handle, LockExclusive | LockNoWait) == 0)
            return new TraceFile(path, handle);
        int error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        if (error == WouldBlock)
        {
            throw new TraceFileException(
                path, "another capture is being written to this file", "End it first, or give another path");
        }
        throw new TraceFileException(
            path, $"cannot be locked: {Marshal.GetPInvokeErrorMessage(error)}", "Give another path");
    }

    private static SafeFileHandle Open(string path, int flags)
    {
        while (true)
        {
            int descriptor = open(path, flags | NonBlocking | CloseOnExec, PermissionBits);
            if (descriptor >= 0)
                return CheckRegular(path, new SafeFileHandle(descriptor, ownsHandle: true));
            int error = Marshal.GetLastPInvokeError();
            if (error == Interrupted)
                continue;
            string remedy = (flags & Create) != 0 ? "Give a path in a folder that can be written" : "Check the path";
            throw new TraceFileException(path, $"cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}", remedy);
        }
    }

    // A pipe would have no length, a folder no bytes.
    private static SafeFileHandle CheckRegular(string path, SafeFileHandle handle)
    {
        try
        {
            _ = RandomAccess.GetLength(handle);
            if (!Directory.Exists(path))
                return handle;
        }
        catch (NotSupportedException)
        {
        }
        handle.Dispose();
        throw new TraceFileException(path, "is not a regular file", "Give the path of a file");
    }

    /// <summary>Whether a writer holds the file at this moment.</summary>
    public bool IsBeingWritten()
    {
        if (flock(_handle, LockShared | LockNoWait) != 0)
            return Marshal.GetLastPInvokeError() == WouldBlock;
        _ = flock(_handle, Unlock);
        return false;
    }

    /// <summary>Reads until <paramref name="to"/> is full or the file ends; returns the bytes read.</summary>
    public int Read(long offset, Span<byte> to)
    {
        int total = 0;
        while (total < to.Length)
        {
            int got = RandomAccess.Read(_handle, to[total..], offset + total);
            if (got == 0)
                break;
            total += got;
        }
        return total;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_handle, bytes, offset);

    public void SetLength(long bytes) => RandomAccess.SetLength(_handle, bytes);

    /// <summary>Brings what was written to the disk itself.</summary>
    public void FlushToDisk() => RandomAccess.FlushToDisk(_handle);

    // Closing alone would leave the lock with a child process that is just being started, until it runs its program.
    public void Dispose()
    {
        if (!_handle.IsClosed)
            _ = flock(_handle, Unlock);
        _handle.Dispose();
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);
}
