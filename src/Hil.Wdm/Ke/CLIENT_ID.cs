namespace Hil.Wdm;

/// <summary>A thread and its process.</summary>
public unsafe struct CLIENT_ID
{
    public void* UniqueProcess;
    public void* UniqueThread;
}
