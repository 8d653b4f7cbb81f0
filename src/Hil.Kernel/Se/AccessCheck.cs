namespace Hil.Kernel;

// MS-DTYP 2.5.3.2: the entries of the list are looked at in order. One that denies something still asked for ends it;
// what is allowed is no longer asked for. Entries for object types and with conditions apply to nobody here.

public static unsafe partial class Ntoskrnl
{
    private const uint PrivilegeSetTag = 0x72506553; // 'SePr'
    private const uint AccessSystemSecurity = 0x01000000;

    /// <summary>Decides whether access to an object is allowed.</summary>
    /// <param name="desiredAccess">Rights asked for; MAXIMUM_ALLOWED asks for all there are.</param>
    /// <param name="previouslyGrantedAccess">Rights that are granted already and granted again.</param>
    /// <param name="privileges">Gets the privileges that it took, which SeFreePrivileges frees, or null; may be
    /// null.</param>
    /// <param name="accessMode">KernelMode is allowed everything.</param>
    /// <param name="accessStatus">Gets STATUS_ACCESS_DENIED if the answer is FALSE.</param>
    /// <remarks>WDK: SeAccessCheck.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static BOOLEAN SeAccessCheck(
        SECURITY_DESCRIPTOR* securityDescriptor,
        SECURITY_SUBJECT_CONTEXT* subjectSecurityContext,
        BOOLEAN subjectContextLocked,
        uint desiredAccess,
        uint previouslyGrantedAccess,
        void** privileges,
        GENERIC_MAPPING* genericMapping,
        KPROCESSOR_MODE accessMode,
        uint* grantedAccess,
        NTSTATUS* accessStatus)
    {
        if (privileges != null)
            *privileges = null;
        uint desired = MapGeneric(desiredAccess, genericMapping);
        bool isAllowed = accessMode == KPROCESSOR_MODE.KernelMode
            ? GrantAll(desired, genericMapping->GenericAll, out uint granted)
            : Check(securityDescriptor, desired, previouslyGrantedAccess, genericMapping, out granted);
        if (isAllowed && accessMode != KPROCESSOR_MODE.KernelMode && (desired & AccessSystemSecurity) != 0
            && privileges != null)
            *privileges = CreatePrivilegeSet();
        *grantedAccess = isAllowed ? granted | previouslyGrantedAccess : 0;
        *accessStatus = isAllowed ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
        return isAllowed;
    }

    /// <summary>Frees what SeAccessCheck gave.</summary>
    /// <remarks>WDK: SeFreePrivileges.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void SeFreePrivileges(void* privileges)
    {
        if (privileges != null)
            ExFreePool(privileges);
    }

    // The account has the privilege for the system access control list, which no entry can give.
    private static bool Check(
        SECURITY_DESCRIPTOR* descriptor, uint desired, uint previous, GENERIC_MAPPING* mapping, out uint granted)
    {
        granted = 0;
        if (desired == 0)
            return previous != 0;
        if (descriptor == null)
            return false;
        DescriptorParts parts = PartsOf(descriptor);
        uint privileged = desired & AccessSystemSecurity;
        if (parts.Dacl == null)
            return GrantAll(desired, mapping->GenericAll, out granted);
        uint owned = parts.Owner != null && IsSubject(parts.Owner) ? READ_CONTROL | WRITE_DAC : 0;
        if ((desired & MAXIMUM_ALLOWED) == 0)
        {
            granted = desired;
            return IsAllowed(parts.Dacl, desired & ~(privileged | owned | previous), mapping);
        }
        granted = MostAllowed(parts.Dacl, mapping) | owned | privileged;
        uint explicitly = desired & ~MAXIMUM_ALLOWED;
        return (granted | previous) != 0 && (explicitly & ~(granted | previous)) == 0;
    }

    private static bool GrantAll(uint desired, uint all, out uint granted)
    {
        granted = (desired & MAXIMUM_ALLOWED) == 0 ? desired : (desired & ~MAXIMUM_ALLOWED) | all;
        return true;
    }

    private static bool IsAllowed(ACL* list, uint wanted, GENERIC_MAPPING* mapping)
    {
        for (uint i = 0; i < list->AceCount && wanted != 0; i++)
        {
            if (!TryReadAce(list, i, mapping, out bool isAllowing, out uint mask))
                continue;
            if (isAllowing)
                wanted &= ~mask;
            else if ((mask & wanted) != 0)
                return false;
        }
        return wanted == 0;
    }

    private static uint MostAllowed(ACL* list, GENERIC_MAPPING* mapping)
    {
        uint allowed = 0, denied = 0;
        for (uint i = 0; i < list->AceCount; i++)
        {
            if (!TryReadAce(list, i, mapping, out bool isAllowing, out uint mask))
                continue;
            if (isAllowing)
                allowed |= mask & ~denied;
            else
                denied |= mask & ~allowed;
        }
        return allowed;
    }

    // False for an entry that is not about the subject, or only there to be inherited.
    private static bool TryReadAce(ACL* list, uint index, GENERIC_MAPPING* mapping, out bool isAllowing, out uint mask)
    {
        (isAllowing, mask) = (false, 0);
        if (!TryFindAce(list, index, out uint offset) || offset + sizeof(ACCESS_ALLOWED_ACE) > list->AclSize)
            return false;
        var ace = (ACCESS_ALLOWED_ACE*)((byte*)list + offset);
        if (ace->Header.AceType is not (ACCESS_ALLOWED_ACE_TYPE or ACCESS_DENIED_ACE_TYPE)
            || (ace->Header.AceFlags & INHERIT_ONLY_ACE) != 0)
            return false;
        var sid = (SID*)&ace->SidStart;
        if (offset + sizeof(ACCESS_ALLOWED_ACE) - sizeof(uint) + RtlLengthSid(sid) > list->AclSize || !IsSubject(sid))
            return false;
        isAllowing = ace->Header.AceType == ACCESS_ALLOWED_ACE_TYPE;
        mask = MapGeneric(ace->Mask, mapping);
        return true;
    }

    internal static uint MapGeneric(uint mask, GENERIC_MAPPING* mapping)
    {
        RtlMapGenericMask(&mask, mapping);
        return mask;
    }

    private static void* CreatePrivilegeSet()
    {
        const uint UsedForAccess = 0x80000000; // SE_PRIVILEGE_USED_FOR_ACCESS
        NtKernel kernel = NtKernel.Current;
        var made = (PRIVILEGE_SET*)kernel.Pool.Allocate((nuint)sizeof(PRIVILEGE_SET), PrivilegeSetTag, zero: true);
        if (made == null)
            return null;
        made->PrivilegeCount = 1;
        made->Privilege = new LUID_AND_ATTRIBUTES
        {
            Luid = WellKnownOf(kernel)->SeSecurityPrivilege, Attributes = UsedForAccess,
        };
        return made;
    }
}
