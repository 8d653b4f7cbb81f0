namespace Hil.Wdm;

/// <summary>A registered bug check callback; opaque to drivers but for its size.</summary>
public unsafe struct KBUGCHECK_CALLBACK_RECORD
{
    public LIST_ENTRY Entry;
    public DriverRoutine CallbackRoutine;
    public void* Buffer;
    public uint Length;
    public byte* Component;
    public nuint Checksum;
    public byte State;
}
