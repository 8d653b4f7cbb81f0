using Hil.Host;

namespace Hil.EndToEnd.Tests.Traces;

/// <summary>edu.sys from changed sources.</summary>
/// <param name="Name">Of the image.</param>
/// <param name="Edits">File, text that stands in it once, and what takes its place.</param>
internal sealed record DriverVariant(string Name, params (string File, string From, string To)[] Edits)
{
    /// <summary>Returns the path of the image.</summary>
    public string Build(string folder)
    {
        string sources = Path.Combine(folder, Name);
        Directory.CreateDirectory(sources);
        foreach (string path in Directory.EnumerateFiles(Path.Combine(TestDrivers.Root, "samples", "drivers", "edu")))
        {
            if (Path.GetExtension(path) is ".c" or ".h")
                File.WriteAllText(Path.Combine(sources, Path.GetFileName(path)), Edit(path));
        }
        var said = new List<string>();
        try
        {
            return DriverBuild.Build(
                new DriverSection(Name, sources, [.. Directory.GetFiles(sources, "*.c").Order()], [], null, null, []),
                said.Add);
        }
        catch (DriverBuildException e)
        {
            throw new InvalidOperationException(string.Join('\n', [e.Message, .. said]), e);
        }
    }

    private string Edit(string path)
    {
        string text = File.ReadAllText(path);
        foreach ((string file, string from, string to) in Edits)
        {
            if (file != Path.GetFileName(path))
                continue;
            Assert.Equal(2, text.Split(from).Length);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }
        return text;
    }
}
