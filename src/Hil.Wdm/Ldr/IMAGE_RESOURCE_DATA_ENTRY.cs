namespace Hil.Wdm;

/// <summary>Where in its image a resource is.</summary>
public struct IMAGE_RESOURCE_DATA_ENTRY
{
    public uint OffsetToData;
    public uint Size;
    public uint CodePage;
    public uint Reserved;
}
