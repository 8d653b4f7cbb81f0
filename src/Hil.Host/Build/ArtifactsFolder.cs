namespace Hil.Host;

/// <summary>Where built things go: the folder <c>artifacts</c> of the repository that this program was built in, else
/// of the current folder.</summary>
public static class ArtifactsFolder
{
    private const string Name = "artifacts";

    public static string Path { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (folder.Name == Name)
                return folder.FullName;
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Hil.sln")))
                return System.IO.Path.Combine(folder.FullName, Name);
        }
        return System.IO.Path.GetFullPath(Name);
    }
}
