namespace Hil.Kernel;

// What a new object's descriptor comes from: the one that its creator names, its parent's, and the creator's token, in
// this order (WDK: SeAssignSecurity; MS-DTYP 2.5.3.4).

public static unsafe partial class Ntoskrnl
{
    /// <summary>Makes a new object's security descriptor, in self-relative form.</summary>
    /// <param name="parentDescriptor">Of the directory that the object is made in; may be null.</param>
    /// <param name="explicitDescriptor">What the creator wants; may be null.</param>
    /// <param name="newDescriptor">Gets what SeDeassignSecurity frees.</param>
    /// <param name="isDirectoryObject">TRUE for an object that others can be made in.</param>
    /// <param name="poolType">Not used: the descriptor lies in paged pool, as on Windows.</param>
    /// <returns>STATUS_UNKNOWN_REVISION, STATUS_INVALID_SECURITY_DESCR, STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: SeAssignSecurity.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS SeAssignSecurity(
        SECURITY_DESCRIPTOR* parentDescriptor,
        SECURITY_DESCRIPTOR* explicitDescriptor,
        void** newDescriptor,
        BOOLEAN isDirectoryObject,
        SECURITY_SUBJECT_CONTEXT* subjectContext,
        GENERIC_MAPPING* genericMapping,
        POOL_TYPE poolType)
    {
        *newDescriptor = null;
        NTSTATUS status = CheckDescriptor(parentDescriptor);
        if (status.IsSuccess)
            status = CheckDescriptor(explicitDescriptor);
        if (!status.IsSuccess)
            return status;
        var heir = new AceInheritance(
            NtKernel.Current, isDirectoryObject, *genericMapping,
            OwnerOf(explicitDescriptor), GroupOf(explicitDescriptor));
        SECURITY_DESCRIPTOR made = new()
        {
            Revision = (byte)SECURITY_DESCRIPTOR_REVISION,
            Control = SE_DACL_PRESENT,
            Owner = heir.Owner,
            Group = heir.Group,
            Dacl = DaclOf(parentDescriptor, explicitDescriptor, heir),
            Sacl = SaclOf(parentDescriptor, explicitDescriptor, heir),
        };
        if (made.Sacl != null)
            made.Control |= SE_SACL_PRESENT;
        bool isWhole = made.Dacl != null || AllowsEverything(explicitDescriptor);
        *newDescriptor = isWhole ? CopyToPool(ToSelfRelative(&made), POOL_TYPE.PagedPool) : null;
        heir.Free(made.Dacl);
        heir.Free(made.Sacl);
        return *newDescriptor == null ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    }

    /// <summary>Frees a descriptor of SeAssignSecurity and forgets it.</summary>
    /// <remarks>WDK: SeDeassignSecurity.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS SeDeassignSecurity(void** securityDescriptor)
    {
        if (*securityDescriptor != null)
            ExFreePool(*securityDescriptor);
        *securityDescriptor = null;
        return STATUS_SUCCESS;
    }

    /// <summary>Substitute for a missing list: the system may do everything, administrators may read.</summary>
    private static ACL* DefaultDacl(AceInheritance heir)
    {
        ACL* list = heir.Allocate();
        if (list == null)
            return null;
        SE_EXPORTS* known = WellKnownOf(NtKernel.Current);
        RtlAddAccessAllowedAce(list, ACL_REVISION, heir.Map(GENERIC_ALL), known->SeLocalSystemSid);
        RtlAddAccessAllowedAce(
            list, ACL_REVISION, heir.Map(GENERIC_READ | GENERIC_EXECUTE) | READ_CONTROL, known->SeAliasAdminsSid);
        return AceInheritance.Trim(list);
    }

    private static ACL* DaclOf(SECURITY_DESCRIPTOR* parent, SECURITY_DESCRIPTOR* wanted, AceInheritance heir)
    {
        bool isWanted = wanted != null && (wanted->Control & SE_DACL_PRESENT) != 0;
        if (AllowsEverything(wanted))
            return null;
        if (isWanted && (wanted->Control & SE_DACL_DEFAULTED) == 0)
            return heir.Copy(PartsOf(wanted).Dacl);
        ACL* inherited = parent == null ? null : heir.Inherit(PartsOf(parent).Dacl);
        if (inherited != null)
            return inherited;
        return isWanted ? heir.Copy(PartsOf(wanted).Dacl) : DefaultDacl(heir);
    }

    private static ACL* SaclOf(SECURITY_DESCRIPTOR* parent, SECURITY_DESCRIPTOR* wanted, AceInheritance heir)
    {
        ACL* explicitly = wanted == null ? null : PartsOf(wanted).Sacl;
        if (explicitly != null)
            return heir.Copy(explicitly);
        return parent == null ? null : heir.Inherit(PartsOf(parent).Sacl);
    }

    // A list that is present and null.
    private static bool AllowsEverything(SECURITY_DESCRIPTOR* wanted) =>
        wanted != null && (wanted->Control & SE_DACL_PRESENT) != 0 && PartsOf(wanted).Dacl == null;

    private static SID* OwnerOf(SECURITY_DESCRIPTOR* wanted)
    {
        SID* owner = wanted == null ? null : PartsOf(wanted).Owner;
        return owner != null ? owner : WellKnownOf(NtKernel.Current)->SeAliasAdminsSid;
    }

    private static SID* GroupOf(SECURITY_DESCRIPTOR* wanted)
    {
        SID* group = wanted == null ? null : PartsOf(wanted).Group;
        return group != null ? group : WellKnownOf(NtKernel.Current)->SeLocalSystemSid;
    }

    private static NTSTATUS CheckDescriptor(SECURITY_DESCRIPTOR* descriptor) =>
        descriptor == null ? STATUS_SUCCESS
        : descriptor->Revision != SECURITY_DESCRIPTOR_REVISION ? STATUS_UNKNOWN_REVISION
        : RtlValidSecurityDescriptor(descriptor) ? STATUS_SUCCESS
        : STATUS_INVALID_SECURITY_DESCR;
}
