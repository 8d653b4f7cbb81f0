namespace Hil.Wdm;

/// <summary>Names one IRP in a cancel-safe queue.</summary>
public unsafe struct IO_CSQ_IRP_CONTEXT
{
    public uint Type;
    public IRP* Irp;
    public IO_CSQ* Csq;
}
