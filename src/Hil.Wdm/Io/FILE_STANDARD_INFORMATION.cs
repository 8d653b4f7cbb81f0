namespace Hil.Wdm;

/// <summary>Sizes of a file, in bytes.</summary>
public struct FILE_STANDARD_INFORMATION
{
    public LARGE_INTEGER AllocationSize;
    public LARGE_INTEGER EndOfFile;
    public uint NumberOfLinks;
    public BOOLEAN DeletePending;
    public BOOLEAN Directory;
}
