namespace Hil.Host.Yaml;

/// <summary>The names that steps of one list have given, while the file is read.</summary>
/// <param name="outer">The list around it, whose open files can be used.</param>
internal sealed class StepScope(StepScope? outer = null)
{
    private readonly HashSet<string> _files = [];
    private readonly HashSet<string> _requests = [];

    public int Depth { get; } = outer == null ? 0 : outer.Depth + 1;

    public bool HasFile(string name) => _files.Contains(name) || (outer?.HasFile(name) ?? false);

    public bool HasRequest(string name) => _requests.Contains(name) || (outer?.HasRequest(name) ?? false);

    public void AddFile(string name) => _files.Add(name);

    public void AddRequest(string name) => _requests.Add(name);

    /// <summary>False if the name is not of this very list: what rounds and copies share is not theirs to
    /// end.</summary>
    public bool RemoveFile(string name) => _files.Remove(name);

    /// <inheritdoc cref="RemoveFile"/>
    public bool RemoveRequest(string name) => _requests.Remove(name);
}
