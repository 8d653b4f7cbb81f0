namespace Hil.Wdm;

/// <summary>A key that gets another name.</summary>
public unsafe struct REG_RENAME_KEY_INFORMATION
{
    public void* Object;
    public UNICODE_STRING* NewName;
    public void* CallContext;
    public void* ObjectContext;
    public void* Reserved;
}
