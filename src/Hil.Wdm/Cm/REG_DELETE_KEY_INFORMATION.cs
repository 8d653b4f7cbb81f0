namespace Hil.Wdm;

/// <summary>A key that is deleted.</summary>
public unsafe struct REG_DELETE_KEY_INFORMATION
{
    public void* Object;
    public void* CallContext;
    public void* ObjectContext;
    public void* Reserved;
}
