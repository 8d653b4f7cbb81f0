namespace Hil.Loader;

/// <summary>Reads a file that somebody named, whatever it is, within bounds.</summary>
public static class InputFile
{
    /// <summary>Reads a whole file: at most <paramref name="bytesMax"/> bytes, also of a pipe or a device, which have
    /// no length.</summary>
    /// <returns>The bytes, or null if there are more.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[]? Read(string path, long bytesMax)
    {
        long length = new FileInfo(path).Length;
        if (length > bytesMax)
            return null;
        if (length != 0)
            return File.ReadAllBytes(path);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        using var bytes = new MemoryStream();
        byte[] part = new byte[1 << 16];
        while (file.Read(part) is > 0 and var got)
        {
            bytes.Write(part, 0, got);
            if (bytes.Length > bytesMax)
                return null;
        }
        return bytes.ToArray();
    }
}
