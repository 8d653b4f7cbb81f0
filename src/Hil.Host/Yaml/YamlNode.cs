namespace Hil.Host.Yaml;

/// <summary>One value of the file and where it stands.</summary>
/// <param name="line">From 1; likewise the column.</param>
internal abstract class YamlNode(int line, int column)
{
    public int Line { get; } = line;

    public int Column { get; } = column;
}
