namespace Hil.Wdm;

/// <summary>An image that was loaded.</summary>
public unsafe struct IMAGE_INFO
{
    public uint Properties;
    public void* ImageBase;
    public uint ImageSelector;
    public nuint ImageSize;
    public uint ImageSectionNumber;
}
