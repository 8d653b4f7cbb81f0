namespace Hil.Wdm;

/// <summary>A key that is flushed.</summary>
public unsafe struct REG_FLUSH_KEY_INFORMATION
{
    public void* Object;
    public void* CallContext;
    public void* ObjectContext;
    public void* Reserved;
}
