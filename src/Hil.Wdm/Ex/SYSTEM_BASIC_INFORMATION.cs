namespace Hil.Wdm;

/// <summary>What ZwQuerySystemInformation tells about memory and processors.</summary>
public struct SYSTEM_BASIC_INFORMATION
{
    public uint Reserved;
    public uint TimerResolution;
    public uint PageSize;
    public uint NumberOfPhysicalPages;
    public uint LowestPhysicalPageNumber;
    public uint HighestPhysicalPageNumber;
    public uint AllocationGranularity;
    public nuint MinimumUserModeAddress;
    public nuint MaximumUserModeAddress;
    public nuint ActiveProcessorsAffinityMask;
    public sbyte NumberOfProcessors;
}
