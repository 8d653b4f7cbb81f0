namespace Hil.Wdm;

/// <summary>A callback's context of a key that is given up.</summary>
public unsafe struct REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION
{
    public void* Object;
    public void* ObjectContext;
    public void* Reserved;
}
