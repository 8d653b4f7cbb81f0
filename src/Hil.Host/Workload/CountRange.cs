using System.Globalization;

namespace Hil.Host;

/// <summary>How often something may have happened; both ends belong to it.</summary>
public readonly record struct CountRange(ulong First, ulong Last)
{
    public bool Contains(ulong count) => count >= First && count <= Last;

    public override string ToString() => First == Last ? First.ToString(CultureInfo.InvariantCulture)
        : Last == ulong.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"{First}..")
        : string.Create(CultureInfo.InvariantCulture, $"{First}..{Last}");
}
