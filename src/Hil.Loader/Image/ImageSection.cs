namespace Hil.Loader;

/// <summary>What may be done with a section's pages.</summary>
[Flags]
public enum SectionProtection
{
    None = 0,
    Read = 1,
    Write = 2,
    Execute = 4,
}

/// <summary>One section of a driver image.</summary>
/// <param name="Name">Up to eight characters, as in the section table.</param>
/// <param name="Rva">Start, relative to the image base.</param>
/// <param name="VirtualSize">Bytes in memory; what the file does not fill is zero.</param>
/// <param name="RawSize">Bytes taken from the file, never more than fit in memory.</param>
/// <param name="RawOffset">Where in the file they are.</param>
public sealed record ImageSection(
    string Name, uint Rva, uint VirtualSize, uint RawSize, uint RawOffset, SectionProtection Protection, bool IsDiscardable)
{
    public uint EndRva => Rva + VirtualSize;

    /// <summary>Drivers put code that may page out, or that runs once, in sections named PAGE… and INIT.</summary>
    public bool IsPageable => Name.StartsWith("PAGE", StringComparison.Ordinal);

    internal bool Contains(uint rva) => rva >= Rva && rva < EndRva;
}
