namespace Hil.Wdm;

/// <summary>A value that is set.</summary>
public unsafe struct REG_SET_VALUE_KEY_INFORMATION
{
    public void* Object;
    public UNICODE_STRING* ValueName;
    public uint TitleIndex;
    public uint Type;
    public void* Data;
    public uint DataSize;
    public void* CallContext;
    public void* ObjectContext;
    public void* Reserved;
}
