namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Begins an empty access control list.</summary>
    /// <returns>STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_PARAMETER.</returns>
    /// <remarks>WDK: RtlCreateAcl.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlCreateAcl(ACL* acl, uint aclLength, uint aclRevision)
    {
        if (aclLength < sizeof(ACL))
            return STATUS_BUFFER_TOO_SMALL;
        if (aclLength > ushort.MaxValue || aclRevision is < ACL_REVISION or > ACL_REVISION_DS)
            return STATUS_INVALID_PARAMETER;
        *acl = new ACL { AclRevision = (byte)aclRevision, AclSize = (ushort)(aclLength & ~3u) };
        return STATUS_SUCCESS;
    }

    /// <summary>Appends an entry that allows access to a security identifier.</summary>
    /// <returns>STATUS_INVALID_ACL, STATUS_INVALID_SID, STATUS_REVISION_MISMATCH,
    /// STATUS_ALLOTTED_SPACE_EXCEEDED.</returns>
    /// <remarks>WDK: RtlAddAccessAllowedAce.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlAddAccessAllowedAce(ACL* acl, uint aceRevision, uint accessMask, SID* sid) =>
        RtlAddAccessAllowedAceEx(acl, aceRevision, 0, accessMask, sid);

    /// <inheritdoc cref="RtlAddAccessAllowedAce"/>
    /// <param name="aceFlags">How the entry is inherited.</param>
    /// <remarks>WDK: RtlAddAccessAllowedAceEx.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlAddAccessAllowedAceEx(
        ACL* acl, uint aceRevision, uint aceFlags, uint accessMask, SID* sid)
    {
        if (!RtlValidSid(sid))
            return STATUS_INVALID_SID;
        if (acl->AclRevision > ACL_REVISION_DS || aceRevision > ACL_REVISION_DS)
            return STATUS_REVISION_MISMATCH;
        if (!TryFindAce(acl, acl->AceCount, out uint end))
            return STATUS_INVALID_ACL;
        uint sidBytes = RtlLengthSid(sid);
        uint bytes = (uint)sizeof(ACCESS_ALLOWED_ACE) - sizeof(uint) + sidBytes;
        if (end + bytes > acl->AclSize)
            return STATUS_ALLOTTED_SPACE_EXCEEDED;
        var ace = (ACCESS_ALLOWED_ACE*)((byte*)acl + end);
        ace->Header = new ACE_HEADER
        {
            AceType = ACCESS_ALLOWED_ACE_TYPE, AceFlags = (byte)aceFlags, AceSize = (ushort)bytes,
        };
        ace->Mask = accessMask;
        RtlCopySid(sidBytes, &ace->SidStart, sid);
        acl->AceCount++;
        acl->AclRevision = Math.Max(acl->AclRevision, (byte)aceRevision);
        return STATUS_SUCCESS;
    }

    /// <summary>Finds an entry by its number.</summary>
    /// <returns>STATUS_INVALID_PARAMETER if there is none.</returns>
    /// <remarks>WDK: RtlGetAce.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlGetAce(ACL* acl, uint aceIndex, void** ace)
    {
        if (aceIndex >= acl->AceCount || !TryFindAce(acl, aceIndex, out uint offset))
            return STATUS_INVALID_PARAMETER;
        *ace = (byte*)acl + offset;
        return STATUS_SUCCESS;
    }

    // Offset of an entry, or of the end when the index is their number; false if the list is damaged.
    private static bool TryFindAce(ACL* acl, uint index, out uint offset)
    {
        offset = (uint)sizeof(ACL);
        DriverMemory.RequireReadable(acl, acl->AclSize, "Acl");
        for (uint i = 0; i < index; i++)
        {
            if (offset + sizeof(ACE_HEADER) > acl->AclSize)
                return false;
            var header = (ACE_HEADER*)((byte*)acl + offset);
            if (header->AceSize < sizeof(ACE_HEADER))
                return false;
            offset += header->AceSize;
        }
        return offset <= acl->AclSize;
    }
}
