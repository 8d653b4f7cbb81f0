namespace Hil.Wdm;

/// <summary>What a callback for KbCallbackSecondaryDumpData is given and fills in.</summary>
public unsafe struct KBUGCHECK_SECONDARY_DUMP_DATA
{
    public void* InBuffer;
    public uint InBufferLength;
    public uint MaximumAllowed;
    public Guid Guid;
    public void* OutBuffer;
    public uint OutBufferLength;
}
