namespace Hil.Trace;

/// <summary>A trace that cannot be read: which file, where in it, what is wrong and what to do about it.</summary>
public sealed class TraceFormatException : Exception
{
    /// <param name="path">The trace's path as the user gave it.</param>
    /// <param name="offset">File offset of the frame or field that is wrong.</param>
    /// <param name="problem">One sentence without its full stop.</param>
    /// <param name="remedy">What the user can do, one sentence without its full stop.</param>
    public TraceFormatException(string path, long offset, string problem, string remedy, Exception? inner = null)
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
