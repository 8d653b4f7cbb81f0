namespace Hil.Kernel;

/// <summary>Which messages drivers do not want shown: the levels of each component, as bits.</summary>
internal sealed class DebugFilter
{
    /// <summary>One more than the largest component (DPFLTR_xxx_ID) of dpfilter.h.</summary>
    public const uint Components = 146;

    private readonly Dictionary<uint, uint> _hidden = [];

    /// <summary>Whether a message of a level (0 to 31, or a mask of levels) is shown.</summary>
    public bool Shows(uint component, uint level) =>
        _hidden.Count == 0 || (BitsOf(level) & ~_hidden.GetValueOrDefault(component)) != 0;

    public void Set(uint component, uint level, bool isShown)
    {
        uint hidden = _hidden.GetValueOrDefault(component);
        _hidden[component] = isShown ? hidden & ~BitsOf(level) : hidden | BitsOf(level);
    }

    private static uint BitsOf(uint level) => level < 32 ? 1u << (int)level : level;
}
