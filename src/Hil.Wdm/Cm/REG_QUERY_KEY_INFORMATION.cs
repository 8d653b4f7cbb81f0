namespace Hil.Wdm;

/// <summary>A key that is asked about.</summary>
public unsafe struct REG_QUERY_KEY_INFORMATION
{
    public void* Object;
    public KEY_INFORMATION_CLASS KeyInformationClass;
    public void* KeyInformation;
    public uint Length;
    public uint* ResultLength;
    public void* CallContext;
    public void* ObjectContext;
    public void* Reserved;
}
