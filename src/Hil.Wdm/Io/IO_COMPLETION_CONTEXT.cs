namespace Hil.Wdm;

/// <summary>The completion port of a file object.</summary>
public unsafe struct IO_COMPLETION_CONTEXT
{
    public void* Port;
    public void* Key;
}
