using Hil.Kernel;

namespace Hil.Host;

/// <summary>The open files and running requests of one list of steps: of one round or copy, or of the
/// workload.</summary>
/// <param name="outer">The list around it, whose files can be used.</param>
internal sealed class StepContext(StepContext? outer = null)
{
    private readonly Dictionary<string, HilFile> _files = [];
    private readonly Dictionary<string, RunningRequest> _requests = [];

    /// <summary>Files that are open, in no order that matters.</summary>
    public IReadOnlyCollection<string> Files => [.. _files.Keys];

    public IReadOnlyCollection<string> Requests => [.. _requests.Keys];

    /// <summary>Null if opening it has failed.</summary>
    public HilFile? FindFile(string name) => _files.GetValueOrDefault(name) ?? outer?.FindFile(name);

    public void AddFile(string name, HilFile file) => _files.Add(name, file);

    public HilFile? TakeFile(string name) => _files.Remove(name, out HilFile? file) ? file : null;

    public void AddRequest(string name, RunningRequest request) => _requests.Add(name, request);

    public RunningRequest? TakeRequest(string name) => _requests.Remove(name, out RunningRequest? request)
        ? request
        : null;
}
