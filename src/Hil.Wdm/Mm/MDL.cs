namespace Hil.Wdm;

/// <summary>Describes a buffer by its physical pages; the page frame numbers follow it.</summary>
public unsafe struct MDL
{
    public MDL* Next;
    public short Size;
    public short MdlFlags;
    public ushort AllocationProcessorNumber;
    public ushort Reserved;
    public void* Process;
    public void* MappedSystemVa;
    public void* StartVa;
    public uint ByteCount;
    public uint ByteOffset;
}
