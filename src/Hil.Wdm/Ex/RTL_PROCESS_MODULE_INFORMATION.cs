namespace Hil.Wdm;

/// <summary>One image in the kernel. A list of them has their number before it, in eight bytes.</summary>
public unsafe struct RTL_PROCESS_MODULE_INFORMATION
{
    public const int FullPathNameBytes = 256;

    public void* Section;
    public void* MappedBase;
    public void* ImageBase;
    public uint ImageSize;
    public uint Flags;
    public ushort LoadOrderIndex;
    public ushort InitOrderIndex;
    public ushort LoadCount;
    public ushort OffsetToFileName;
    public fixed byte FullPathName[FullPathNameBytes];
}
