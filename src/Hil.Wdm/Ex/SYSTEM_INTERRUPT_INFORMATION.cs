namespace Hil.Wdm;

/// <summary>What a processor was taken away from its threads for.</summary>
public struct SYSTEM_INTERRUPT_INFORMATION
{
    public uint ContextSwitches;
    public uint DpcCount;
    public uint DpcRate;
    public uint TimeIncrement;
    public uint DpcBypassCount;
    public uint ApcBypassCount;
}
