namespace Hil.Loader;

/// <summary>A folder of driver images, which stands for \SystemRoot\System32\drivers. Each name is looked up once: what
/// was found, or not, stays so.</summary>
public sealed class ServiceFolder(string path)
{
    private readonly Dictionary<string, byte[]?> _files = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The bytes of a file by its name, whose letters' case does not matter; null when there is none that can
    /// be read.</summary>
    public byte[]? Read(string file)
    {
        if (!_files.TryGetValue(file, out byte[]? bytes))
            _files[file] = bytes = ReadOnce(file);
        return bytes;
    }

    private byte[]? ReadOnce(string file)
    {
        try
        {
            FileInfo? found = new DirectoryInfo(path).EnumerateFiles()
                .Where(entry => entry.Name.Equals(file, StringComparison.OrdinalIgnoreCase))
                .OrderByDescending(entry => entry.Name == file)
                .ThenBy(static entry => entry.Name, StringComparer.Ordinal)
                .FirstOrDefault();
            return found is { Length: <= ImageHeaders.SizeOfImageMax } ? File.ReadAllBytes(found.FullName) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            return null;
        }
    }
}
