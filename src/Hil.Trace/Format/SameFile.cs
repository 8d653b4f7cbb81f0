using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Hil.Trace;

/// <summary>Whether two paths lead to one file, by whatever names and links.</summary>
public static partial class SameFile
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint Inode = 0x100;       // STATX_INO
    private const int StatBytes = 256;
    private const int InodeOffset = 32;
    private const int DeviceOffset = 136;

    /// <summary>Replacing what <paramref name="path"/> names would replace <paramref name="other"/>.</summary>
    public static bool Is(string path, string other) =>
        TryFind(path, out FileId left) && TryFind(other, out FileId right) && left == right;

    private static unsafe bool TryFind(string path, out FileId id)
    {
        byte* stat = stackalloc byte[StatBytes];
        bool isThere = statx(CurrentFolder, path, 0, Inode, stat) == 0;
        var bytes = new ReadOnlySpan<byte>(stat, StatBytes);
        id = isThere
            ? new FileId(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[DeviceOffset..]),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[InodeOffset..]))
            : default;
        return isThere;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* stat);

    private readonly record struct FileId(ulong Device, ulong Inode);
}
