namespace Hil.Wdm;

/// <summary>One message-signalled interrupt.</summary>
public unsafe struct IO_INTERRUPT_MESSAGE_INFO_ENTRY
{
    public PHYSICAL_ADDRESS MessageAddress;
    public nuint TargetProcessorSet;
    public KINTERRUPT* InterruptObject;
    public uint MessageData;
    public uint Vector;
    public KIRQL Irql;
    public KINTERRUPT_MODE Mode;
    public KINTERRUPT_POLARITY Polarity;
}
