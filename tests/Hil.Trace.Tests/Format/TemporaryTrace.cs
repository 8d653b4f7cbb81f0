namespace Hil.Trace.Tests.Format;

/// <summary>A path for a trace, in a folder that goes with it.</summary>
public sealed class TemporaryTrace : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hil-trace-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "test.hiltrace");

    public string Other(string name) => System.IO.Path.Combine(_folder.FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
