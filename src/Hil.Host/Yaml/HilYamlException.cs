namespace Hil.Host;

/// <summary>A hil.yaml that is wrong: one line for its first error. Exit code 3.</summary>
public sealed class HilYamlException : Exception
{
    /// <param name="line">From 1; 0 if the file as a whole is at fault.</param>
    /// <param name="column">From 1.</param>
    public HilYamlException(string path, int line, int column, string problem, Exception? inner = null)
        : base(line == 0 ? $"{path}: {problem}" : $"{path}:{line}:{column}: {problem}", inner)
    {
        Path = path;
        Line = line;
        Column = column;
        Problem = problem;
    }

    public string Path { get; }

    public int Line { get; }

    public int Column { get; }

    public string Problem { get; }
}
