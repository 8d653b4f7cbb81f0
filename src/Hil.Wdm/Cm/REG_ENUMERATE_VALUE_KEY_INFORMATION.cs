namespace Hil.Wdm;

/// <summary>A value that is asked for by index.</summary>
public unsafe struct REG_ENUMERATE_VALUE_KEY_INFORMATION
{
    public void* Object;
    public uint Index;
    public KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass;
    public void* KeyValueInformation;
    public uint Length;
    public uint* ResultLength;
    public void* CallContext;
    public void* ObjectContext;
    public void* Reserved;
}
