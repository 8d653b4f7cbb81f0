namespace Hil.Wdm;

/// <summary>The messages of a connected MSI or MSI-X interrupt; the first entry is here.</summary>
public struct IO_INTERRUPT_MESSAGE_INFO
{
    public KIRQL UnifiedIrql;
    public uint MessageCount;
    public IO_INTERRUPT_MESSAGE_INFO_ENTRY MessageInfo;
}
