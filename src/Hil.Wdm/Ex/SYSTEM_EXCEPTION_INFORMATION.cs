namespace Hil.Wdm;

/// <summary>How often the kernel did for programs what their instructions could not.</summary>
public struct SYSTEM_EXCEPTION_INFORMATION
{
    public uint AlignmentFixupCount;
    public uint ExceptionDispatchCount;
    public uint FloatingEmulationCount;
    public uint ByteWordEmulationCount;
}
