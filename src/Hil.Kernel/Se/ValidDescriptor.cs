namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Whether memory holds a security descriptor in self-relative form, all of it inside the
    /// length.</summary>
    /// <param name="length">Bytes of the memory.</param>
    /// <remarks>WDK: SeValidSecurityDescriptor.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN SeValidSecurityDescriptor(uint length, void* securityDescriptor)
    {
        if (length < sizeof(SECURITY_DESCRIPTOR_RELATIVE))
            return false;
        DriverMemory.RequireReadable(securityDescriptor, length, nameof(SeValidSecurityDescriptor));
        var relative = (SECURITY_DESCRIPTOR_RELATIVE*)securityDescriptor;
        if (relative->Revision != SECURITY_DESCRIPTOR_REVISION || (relative->Control & SE_SELF_RELATIVE) == 0)
            return false;
        uint dacl = (relative->Control & SE_DACL_PRESENT) != 0 ? relative->Dacl : 0;
        uint sacl = (relative->Control & SE_SACL_PRESENT) != 0 ? relative->Sacl : 0;
        return IsSidInside(relative, relative->Owner, length) && IsSidInside(relative, relative->Group, length)
            && IsListInside(relative, dacl, length) && IsListInside(relative, sacl, length);
    }

    private static bool IsSidInside(SECURITY_DESCRIPTOR_RELATIVE* descriptor, uint offset, uint length)
    {
        const uint HeadBytes = 8;
        if (offset == 0)
            return true;
        var sid = (SID*)((byte*)descriptor + offset);
        return IsPartInside(offset, HeadBytes, length) && sid->Revision == SID_REVISION
            && sid->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES && IsPartInside(offset, RtlLengthSid(sid), length);
    }

    private static bool IsListInside(SECURITY_DESCRIPTOR_RELATIVE* descriptor, uint offset, uint length)
    {
        if (offset == 0)
            return true;
        var list = (ACL*)((byte*)descriptor + offset);
        return IsPartInside(offset, (uint)sizeof(ACL), length) && IsPartInside(offset, list->AclSize, length)
            && list->AclSize >= sizeof(ACL) && list->AclRevision is >= ACL_REVISION and <= ACL_REVISION_DS
            && TryFindAce(list, list->AceCount, out _);
    }

    private static bool IsPartInside(uint offset, uint bytes, uint length) =>
        offset >= sizeof(SECURITY_DESCRIPTOR_RELATIVE) && offset % sizeof(uint) == 0 && offset <= length
        && length - offset >= bytes;
}
