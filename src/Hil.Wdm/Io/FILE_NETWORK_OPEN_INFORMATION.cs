namespace Hil.Wdm;

/// <summary>Times, sizes and attributes of a file. Times are in 100 ns units since 1601, sizes in bytes.</summary>
public struct FILE_NETWORK_OPEN_INFORMATION
{
    public LARGE_INTEGER CreationTime;
    public LARGE_INTEGER LastAccessTime;
    public LARGE_INTEGER LastWriteTime;
    public LARGE_INTEGER ChangeTime;
    public LARGE_INTEGER AllocationSize;
    public LARGE_INTEGER EndOfFile;
    public uint FileAttributes;
}
