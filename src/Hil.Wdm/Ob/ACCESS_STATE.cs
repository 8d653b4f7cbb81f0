using System.Runtime.InteropServices;

namespace Hil.Wdm;

/// <summary>An access in progress.</summary>
public unsafe struct ACCESS_STATE
{
    public LUID OperationID;
    public BOOLEAN SecurityEvaluated;
    public BOOLEAN GenerateAudit;
    public BOOLEAN GenerateOnClose;
    public BOOLEAN PrivilegesAllocated;
    public uint Flags;
    public uint RemainingDesiredAccess;
    public uint PreviouslyGrantedAccess;
    public uint OriginalDesiredAccess;
    public SECURITY_SUBJECT_CONTEXT SubjectSecurityContext;
    public void* SecurityDescriptor;
    public void* AuxData;
    public PrivilegesUnion Privileges;
    public BOOLEAN AuditPrivileges;
    public UNICODE_STRING ObjectName;
    public UNICODE_STRING ObjectTypeName;

    [StructLayout(LayoutKind.Explicit)]
    public struct PrivilegesUnion
    {
        [FieldOffset(0)] public INITIAL_PRIVILEGE_SET InitialPrivilegeSet;
        [FieldOffset(0)] public PRIVILEGE_SET PrivilegeSet;
    }
}
