using System.Globalization;
using System.Runtime.InteropServices;

namespace Hil.Machine.Tests;

/// <summary>Guest RAM that this process can look into: a memfd mapped here and given to QEMU.</summary>
internal sealed unsafe partial class SharedMemory : IDisposable
{
    private const uint CloseOnExec = 1;
    private const int ReadWrite = 3;
    private const int Shared = 1;

    private readonly int _handle;
    private readonly byte* _start;
    private readonly int _bytes;

    public SharedMemory(int bytes)
    {
        _bytes = bytes;
        _handle = CreateMemory("hil-test-ram", CloseOnExec);
        Assert.True(_handle >= 0 && Truncate(_handle, bytes) == 0);
        _start = (byte*)Map(0, (nuint)bytes, ReadWrite, Shared, _handle, 0);
        Assert.NotEqual(-1, (nint)_start);
    }

    public Span<byte> Bytes => new(_start, _bytes);

    public string Path =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{_handle}");

    public void Dispose()
    {
        _ = Unmap((nint)_start, (nuint)_bytes);
        _ = Close(_handle);
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemory(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    private static partial int Truncate(int handle, long bytes);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint bytes, int protection, int flags, int handle, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint bytes);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
