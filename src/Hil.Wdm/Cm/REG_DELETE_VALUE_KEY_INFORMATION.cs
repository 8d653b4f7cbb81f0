namespace Hil.Wdm;

/// <summary>A value that is deleted.</summary>
public unsafe struct REG_DELETE_VALUE_KEY_INFORMATION
{
    public void* Object;
    public UNICODE_STRING* ValueName;
    public void* CallContext;
    public void* ObjectContext;
    public void* Reserved;
}
