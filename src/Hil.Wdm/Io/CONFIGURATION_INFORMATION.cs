namespace Hil.Wdm;

/// <summary>How many devices of each common kind drivers have claimed so far.</summary>
public struct CONFIGURATION_INFORMATION
{
    public uint DiskCount;
    public uint FloppyCount;
    public uint CdRomCount;
    public uint TapeCount;
    public uint ScsiPortCount;
    public uint SerialCount;
    public uint ParallelCount;
    public BOOLEAN AtDiskPrimaryAddressClaimed;
    public BOOLEAN AtDiskSecondaryAddressClaimed;
    public uint Version;
    public uint MediumChangerCount;
}
