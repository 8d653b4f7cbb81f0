namespace Hil.Loader;

/// <summary>A driver image that cannot be loaded: which file, where in it, what is wrong and what to do about
/// it.</summary>
public sealed class BadDriverImageException : Exception
{
    /// <param name="path">The image's path as the user gave it.</param>
    /// <param name="offset">File offset of the field that is wrong.</param>
    /// <param name="problem">One sentence without its full stop.</param>
    /// <param name="remedy">What the user can do, one sentence without its full stop.</param>
    public BadDriverImageException(string path, long offset, string problem, string remedy, Exception? inner = null)
        : base($"{path}: offset 0x{offset:X}: {problem}. {remedy}.", inner)
    {
        Path = path;
        Offset = offset;
        Problem = problem;
        Remedy = remedy;
    }

    public string Path { get; }

    public long Offset { get; }

    public string Problem { get; }

    public string Remedy { get; }
}
