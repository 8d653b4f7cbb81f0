namespace Hil.Wdm;

/// <summary>A timer; DueTime is in 100 ns units since boot.</summary>
public unsafe struct KTIMER
{
    public DISPATCHER_HEADER Header;
    public LARGE_INTEGER DueTime;
    public LIST_ENTRY TimerListEntry;
    public KDPC* Dpc;
    public ushort Processor;
    public ushort TimerType;
    public uint Period;
}
