using System.Runtime.InteropServices;

namespace Hil.Machine;

/// <summary>The few system calls that .NET has no name for.</summary>
internal static unsafe partial class LibC
{
    public const uint MfdCloexec = 1;
    public const int ProtRead = 1;
    public const int ProtWrite = 2;
    public const int ProtExec = 4;
    public const int MapShared = 1;
    public const int MapPrivate = 2;
    public const int MapFixed = 0x10;
    public const int MapAnonymous = 0x20;
    public const int MapPopulate = 0x8000;
    public const int MapFixedNoReplace = 0x100000;
    public static readonly nint MapFailed = -1;

    [LibraryImport(
        "libc.so.6", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int MemfdCreate(string name, uint flags);

    [LibraryImport("libc.so.6", EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int Ftruncate(int fd, long bytes);

    [LibraryImport("libc.so.6", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Mmap(nint address, nuint bytes, int protection, int flags, int fd, long offset);

    [LibraryImport("libc.so.6", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Munmap(nint address, nuint bytes);

    [LibraryImport("libc.so.6", EntryPoint = "mprotect", SetLastError = true)]
    public static partial int Mprotect(nint address, nuint bytes, int protection);

    [LibraryImport("libc.so.6", EntryPoint = "close")]
    public static partial int Close(int fd);
}
