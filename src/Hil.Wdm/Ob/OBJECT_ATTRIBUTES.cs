namespace Hil.Wdm;

/// <summary>How to find or make an object.</summary>
public unsafe struct OBJECT_ATTRIBUTES
{
    public uint Length;
    public void* RootDirectory;
    public UNICODE_STRING* ObjectName;
    public uint Attributes;
    public void* SecurityDescriptor;
    public void* SecurityQualityOfService;
}
