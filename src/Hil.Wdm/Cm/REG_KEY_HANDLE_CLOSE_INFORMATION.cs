namespace Hil.Wdm;

/// <summary>A key whose last handle is closed.</summary>
public unsafe struct REG_KEY_HANDLE_CLOSE_INFORMATION
{
    public void* Object;
    public void* CallContext;
    public void* ObjectContext;
    public void* Reserved;
}
