namespace Hil.Wdm;

/// <summary>How many opens of a file read, write and delete, and how many let others do so.</summary>
public struct SHARE_ACCESS
{
    public uint OpenCount;
    public uint Readers;
    public uint Writers;
    public uint Deleters;
    public uint SharedRead;
    public uint SharedWrite;
    public uint SharedDelete;
}
