using System.Text;

namespace Hil.Host.Tests.Yaml;

/// <summary>A folder that a hil.yaml can stand in: it is named "sample" and holds a.c.</summary>
public sealed class SampleFolder : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hil-yaml-");

    public SampleFolder()
    {
        Path = _root.CreateSubdirectory("sample").FullName;
        File.WriteAllText(System.IO.Path.Combine(Path, "a.c"), "");
    }

    public string Path { get; }

    public string FilePath => System.IO.Path.Combine(Path, HilYaml.FileName);

    public HilYaml Parse(string text) => HilYaml.Parse(FilePath, Encoding.UTF8.GetBytes(text));

    public void Dispose() => _root.Delete(recursive: true);
}
