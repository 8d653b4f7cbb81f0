namespace Hil.Loader;

/// <summary>One section of a driver image.</summary>
/// <param name="Name">Up to eight characters, as in the section table.</param>
/// <param name="Rva">Start, relative to the image base.</param>
/// <param name="VirtualSize">Bytes in memory; what the file does not fill is zero.</param>
/// <param name="RawSize">Bytes taken from the file, never more than fit in memory.</param>
/// <param name="RawOffset">Where in the file they are.</param>
/// <param name="Access">What driver code may do with its pages.</param>
public sealed record ImageSection(
    string Name, uint Rva, uint VirtualSize, uint RawSize, uint RawOffset, PageAccess Access, bool IsDiscardable)
{
    public uint EndRva => Rva + VirtualSize;

    /// <summary>Drivers put code that may page out, or that runs once, in sections named PAGE… and INIT.</summary>
    public bool IsPageable => Name.StartsWith("PAGE", StringComparison.Ordinal);

    internal bool Contains(uint rva) => rva >= Rva && rva < EndRva;
}
