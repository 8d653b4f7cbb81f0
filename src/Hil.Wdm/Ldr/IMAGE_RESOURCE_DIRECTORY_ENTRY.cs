namespace Hil.Wdm;

/// <summary>A resource's number, or with the highest bit the offset of its name; then the offset of its data, or with
/// the highest bit that of the next level.</summary>
public struct IMAGE_RESOURCE_DIRECTORY_ENTRY
{
    public uint Name;
    public uint OffsetToData;
}
