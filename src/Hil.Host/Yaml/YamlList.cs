namespace Hil.Host.Yaml;

internal sealed class YamlList(int line, int column) : YamlNode(line, column)
{
    public List<YamlNode> Items { get; } = [];
}
