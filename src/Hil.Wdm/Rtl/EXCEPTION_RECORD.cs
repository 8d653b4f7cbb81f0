namespace Hil.Wdm;

/// <summary>One exception: code, address and up to 15 parameters.</summary>
public unsafe struct EXCEPTION_RECORD
{
    public NTSTATUS ExceptionCode;
    public uint ExceptionFlags;
    public EXCEPTION_RECORD* ExceptionRecord;
    public void* ExceptionAddress;
    public uint NumberParameters;
    public fixed ulong ExceptionInformation[15];
}
