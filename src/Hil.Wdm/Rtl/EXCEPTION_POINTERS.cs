namespace Hil.Wdm;

/// <summary>What an exception filter gets.</summary>
public unsafe struct EXCEPTION_POINTERS
{
    public EXCEPTION_RECORD* ExceptionRecord;
    public CONTEXT* ContextRecord;
}
