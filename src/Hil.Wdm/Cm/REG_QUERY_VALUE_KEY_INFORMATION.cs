namespace Hil.Wdm;

/// <summary>A value that is asked for.</summary>
public unsafe struct REG_QUERY_VALUE_KEY_INFORMATION
{
    public void* Object;
    public UNICODE_STRING* ValueName;
    public KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass;
    public void* KeyValueInformation;
    public uint Length;
    public uint* ResultLength;
    public void* CallContext;
    public void* ObjectContext;
    public void* Reserved;
}
