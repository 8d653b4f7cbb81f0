namespace Hil.Wdm;

/// <summary>One level of an image's resources; its entries follow, first those with names.</summary>
public struct IMAGE_RESOURCE_DIRECTORY
{
    public uint Characteristics;
    public uint TimeDateStamp;
    public ushort MajorVersion;
    public ushort MinorVersion;
    public ushort NumberOfNamedEntries;
    public ushort NumberOfIdEntries;
}
