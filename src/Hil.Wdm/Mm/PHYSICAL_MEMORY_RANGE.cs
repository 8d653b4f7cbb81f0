namespace Hil.Wdm;

/// <summary>A run of physical memory, in bytes.</summary>
public struct PHYSICAL_MEMORY_RANGE
{
    public PHYSICAL_ADDRESS BaseAddress;
    public LARGE_INTEGER NumberOfBytes;
}
