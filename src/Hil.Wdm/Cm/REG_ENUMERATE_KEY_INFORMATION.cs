namespace Hil.Wdm;

/// <summary>A subkey that is asked for by index.</summary>
public unsafe struct REG_ENUMERATE_KEY_INFORMATION
{
    public void* Object;
    public uint Index;
    public KEY_INFORMATION_CLASS KeyInformationClass;
    public void* KeyInformation;
    public uint Length;
    public uint* ResultLength;
    public void* CallContext;
    public void* ObjectContext;
    public void* Reserved;
}
