namespace Hil.Trace;

/// <summary>A trace that cannot be opened or written at all: which file, what is wrong and what to do about
/// it.</summary>
public sealed class TraceFileException : Exception
{
    /// <param name="path">The trace's path as the user gave it.</param>
    /// <param name="problem">One sentence without its full stop.</param>
    /// <param name="remedy">What the user can do, one sentence without its full stop.</param>
    public TraceFileException(string path, string problem, string remedy, Exception? inner = null)
        : base($"{path}: {problem}. {remedy}.", inner)
    {
        Path = path;
        Problem = problem;
        Remedy = remedy;
    }

    public string Path { get; }

    public string Problem { get; }

    public string Remedy { get; }
}
