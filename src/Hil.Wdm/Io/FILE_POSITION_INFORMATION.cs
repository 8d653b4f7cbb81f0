namespace Hil.Wdm;

/// <summary>The current byte offset of a file.</summary>
public struct FILE_POSITION_INFORMATION
{
    public LARGE_INTEGER CurrentByteOffset;
}
