namespace Hil.Host.Yaml;

/// <param name="isQuoted">A quoted text is never taken for a number.</param>
internal sealed class YamlScalar(int line, int column, string value, bool isQuoted) : YamlNode(line, column)
{
    public string Value { get; } = value;

    public bool IsQuoted { get; } = isQuoted;
}
