namespace Hil.Wdm;

/// <summary>On whose behalf an access is made.</summary>
public unsafe struct SECURITY_SUBJECT_CONTEXT
{
    public void* ClientToken;
    public int ImpersonationLevel;
    public void* PrimaryToken;
    public void* ProcessAuditId;
}
