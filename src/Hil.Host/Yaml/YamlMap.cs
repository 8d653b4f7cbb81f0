namespace Hil.Host.Yaml;

/// <summary>A map as it is written: keys in order, twice if they are there twice.</summary>
internal sealed class YamlMap(int line, int column) : YamlNode(line, column)
{
    public List<(YamlScalar Key, YamlNode Value)> Entries { get; } = [];
}
