using System.Runtime.InteropServices;

namespace Hil.Trace;

/// <summary>The system's liblz4: standard LZ4 frames with a checksum for each block, one for the content, and its
/// size.</summary>
internal static unsafe partial class Lz4
{
    /// <summary>What brings the library.</summary>
    public const string InstallCommand = "apt-get install liblz4-1";

    private const string Library = "liblz4.so.1";
    private const uint FrameVersion = 100;
    private const uint MaxBlock256K = 5;

    /// <summary>Says what to install when the library is not there.</summary>
    /// <exception cref="TraceFileException">It cannot be loaded.</exception>
    public static void Require(string path) => Require(path, Library);

    internal static void Require(string path, string library)
    {
        if (!NativeLibrary.TryLoad(library, out nint handle))
        {
            throw new TraceFileException(path, $"traces need {library}, which this system does not have",
                $"Install the package liblz4-1: {InstallCommand}");
        }
        NativeLibrary.Free(handle);
    }

    /// <summary>The library's version, or null when it cannot be loaded.</summary>
    public static string? Version()
    {
        try
        {
            return Marshal.PtrToStringUTF8(LZ4_versionString());
        }
        catch (DllNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Bytes that a frame of <paramref name="sourceBytes"/> can take.</summary>
    public static int BoundOf(int sourceBytes)
    {
        Preferences preferences = PreferencesFor(sourceBytes);
        return checked((int)LZ4F_compressFrameBound((nuint)sourceBytes, &preferences));
    }

    /// <summary>Writes one frame; returns its bytes.</summary>
    public static int Compress(byte* to, int capacity, byte* from, int bytes)
    {
        Preferences preferences = PreferencesFor(bytes);
        nuint result = LZ4F_compressFrame(to, (nuint)capacity, from, (nuint)bytes, &preferences);
        Kernel.Invariant.Holds(LZ4F_isError(result) == 0, "LZ4 compresses into a buffer of the size that it asked for");
        return (int)result;
    }

    private static Preferences PreferencesFor(int bytes) => new()
    {
        BlockSizeId = MaxBlock256K,
        BlockIndependent = 1,
        ContentChecksum = 1,
        ContentSize = (ulong)bytes,
        BlockChecksum = 1,
    };

    /// <summary>A decompressor, to be used for many frames by one thread at a time.</summary>
    public sealed class Decompressor : IDisposable
    {
        private void* _context;

        public Decompressor()
        {
            void* context;
            nuint result = LZ4F_createDecompressionContext(&context, FrameVersion);
            if (LZ4F_isError(result) != 0)
                throw new OutOfMemoryException();
            _context = context;
        }

        /// <summary>Fills <paramref name="to"/> with the content of one whole frame; otherwise what is wrong with the
        /// frame.</summary>
        public string? TryDecompress(byte* from, int bytes, byte* to, int contentBytes)
        {
            LZ4F_resetDecompressionContext(_context);
            int read = 0, written = 0;
            while (true)
            {
                nuint source = (nuint)(bytes - read), target = (nuint)(contentBytes - written);
                nuint result = LZ4F_decompress(_context, to + written, &target, from + read, &source, null);
                if (LZ4F_isError(result) != 0)
                    return Marshal.PtrToStringUTF8(LZ4F_getErrorName(result)) ?? "unknown error";
                read += (int)source;
                written += (int)target;
                if (result == 0)
                    return read == bytes && written == contentBytes ? null : "ERROR_frameSize_wrong";
                if (source == 0 && target == 0)
                    return "ERROR_frameSize_wrong";
            }
        }

        public void Dispose()
        {
            if (_context != null)
                LZ4F_freeDecompressionContext(_context);
            _context = null;
        }
    }

    // LZ4F_preferences_t of lz4frame.h.
    [StructLayout(LayoutKind.Sequential)]
    private struct Preferences
    {
        public uint BlockSizeId;
        public uint BlockIndependent;
        public uint ContentChecksum;
        public uint FrameType;
        public ulong ContentSize;
        public uint DictionaryId;
        public uint BlockChecksum;
        public int CompressionLevel;
        public uint AutoFlush;
        public uint FavorDecompressionSpeed;
        public fixed uint Reserved[3];
    }

    [LibraryImport(Library)]
    private static partial nuint LZ4F_compressFrameBound(nuint sourceBytes, Preferences* preferences);

    [LibraryImport(Library)]
    private static partial nuint LZ4F_compressFrame(
        byte* to, nuint capacity, byte* from, nuint bytes, Preferences* preferences);

    [LibraryImport(Library)]
    private static partial nint LZ4_versionString();

    [LibraryImport(Library)]
    private static partial uint LZ4F_isError(nuint code);

    [LibraryImport(Library)]
    private static partial nint LZ4F_getErrorName(nuint code);

    [LibraryImport(Library)]
    private static partial nuint LZ4F_createDecompressionContext(void** context, uint version);

    [LibraryImport(Library)]
    private static partial nuint LZ4F_freeDecompressionContext(void* context);

    [LibraryImport(Library)]
    private static partial void LZ4F_resetDecompressionContext(void* context);

    [LibraryImport(Library)]
    private static partial nuint LZ4F_decompress(
        void* context, byte* to, nuint* toBytes, byte* from, nuint* fromBytes, void* options);
}
