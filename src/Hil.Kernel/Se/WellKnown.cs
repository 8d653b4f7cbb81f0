namespace Hil.Kernel;

// What SeExports points to: the well-known privileges, which are numbers (SE_…_PRIVILEGE of
// wdm.h), and security identifiers (WDK: "Well-known SIDs"; MS-DTYP 2.4.2.4). The identifiers follow the
// structure in the variable's own memory.

public static unsafe partial class Ntoskrnl
{
    private const int WellKnownBytes = 520; // SE_EXPORTS
    private const int WellKnownSidBytes = 16; // Two subauthorities at most.
    private const int WellKnownSids = 33;
    private const byte WorldAuthority = 1;
    private const byte LocalAuthority = 2;
    private const byte CreatorAuthority = 3;
    private const byte NtAuthority = 5;
    private const byte MandatoryAuthority = 16;
    private const uint Builtin = 32;

    /// <summary>Pointer to the well-known privileges and security identifiers.</summary>
    [ExportData("SeExports", 16 + WellKnownBytes + WellKnownSids * WellKnownSidBytes)]
    public static void InitializeSeExports(byte* storage)
    {
        var exports = (SE_EXPORTS*)(storage + 16);
        Invariant.Holds(sizeof(SE_EXPORTS) == WellKnownBytes, "the variable has room for what it points to");
        *(SE_EXPORTS**)storage = exports;
        SetPrivileges(exports);
        byte* sids = storage + 16 + WellKnownBytes;
        SetGeneralSids(exports, ref sids);
        SetNtSids(exports, ref sids);
        SetAliases(exports, ref sids);
        SetMandatoryLabels(exports, ref sids);
        Invariant.Holds(
            sids <= storage + 16 + WellKnownBytes + WellKnownSids * WellKnownSidBytes, "all well-known SIDs fit");
    }

    // The order of the structure is not that of the numbers everywhere.
    private static void SetPrivileges(SE_EXPORTS* exports)
    {
        SetPrivileges(&exports->SeCreateTokenPrivilege, 9, 2);
        exports->SeCreatePagefilePrivilege.LowPart = 15;
        exports->SeIncreaseBasePriorityPrivilege.LowPart = 14;
        SetPrivileges(&exports->SeSystemProfilePrivilege, 3, 11);
        SetPrivileges(&exports->SeCreatePermanentPrivilege, 9, 16);
        SetPrivileges(&exports->SeUndockPrivilege, 3, 25);
        SetPrivileges(&exports->SeManageVolumePrivilege, 8, 28);
    }

    private static void SetPrivileges(LUID* first, int count, uint number)
    {
        for (int i = 0; i < count; i++)
            first[i] = new LUID { LowPart = number + (uint)i };
    }

    private static void SetGeneralSids(SE_EXPORTS* exports, ref byte* sids)
    {
        exports->SeNullSid = AddSid(ref sids, 0, 0);
        exports->SeWorldSid = AddSid(ref sids, WorldAuthority, 0);
        exports->SeLocalSid = AddSid(ref sids, LocalAuthority, 0);
        exports->SeCreatorOwnerSid = AddSid(ref sids, CreatorAuthority, 0);
        exports->SeCreatorGroupSid = AddSid(ref sids, CreatorAuthority, 1);
        exports->SeOwnerRightsSid = AddSid(ref sids, CreatorAuthority, 4);
    }

    private static void SetNtSids(SE_EXPORTS* exports, ref byte* sids)
    {
        exports->SeNtAuthoritySid = AddSid(ref sids, NtAuthority);
        exports->SeDialupSid = AddSid(ref sids, NtAuthority, 1);
        exports->SeNetworkSid = AddSid(ref sids, NtAuthority, 2);
        exports->SeBatchSid = AddSid(ref sids, NtAuthority, 3);
        exports->SeInteractiveSid = AddSid(ref sids, NtAuthority, 4);
        exports->SeAnonymousLogonSid = AddSid(ref sids, NtAuthority, 7);
        exports->SeAuthenticatedUsersSid = AddSid(ref sids, NtAuthority, 11);
        exports->SeRestrictedSid = AddSid(ref sids, NtAuthority, 12);
        exports->SeIUserSid = AddSid(ref sids, NtAuthority, 17);
        exports->SeLocalSystemSid = AddSid(ref sids, NtAuthority, 18);
        exports->SeLocalServiceSid = AddSid(ref sids, NtAuthority, 19);
        exports->SeNetworkServiceSid = AddSid(ref sids, NtAuthority, 20);
    }

    private static void SetAliases(SE_EXPORTS* exports, ref byte* sids)
    {
        exports->SeAliasAdminsSid = AddSid(ref sids, NtAuthority, Builtin, 544);
        exports->SeAliasUsersSid = AddSid(ref sids, NtAuthority, Builtin, 545);
        exports->SeAliasGuestsSid = AddSid(ref sids, NtAuthority, Builtin, 546);
        exports->SeAliasPowerUsersSid = AddSid(ref sids, NtAuthority, Builtin, 547);
        exports->SeAliasAccountOpsSid = AddSid(ref sids, NtAuthority, Builtin, 548);
        exports->SeAliasSystemOpsSid = AddSid(ref sids, NtAuthority, Builtin, 549);
        exports->SeAliasPrintOpsSid = AddSid(ref sids, NtAuthority, Builtin, 550);
        exports->SeAliasBackupOpsSid = AddSid(ref sids, NtAuthority, Builtin, 551);
    }

    private static void SetMandatoryLabels(SE_EXPORTS* exports, ref byte* sids)
    {
        exports->SeUntrustedMandatorySid = AddSid(ref sids, MandatoryAuthority, 0);
        exports->SeLowMandatorySid = AddSid(ref sids, MandatoryAuthority, 0x1000);
        exports->SeMediumMandatorySid = AddSid(ref sids, MandatoryAuthority, 0x2000);
        exports->SeHighMandatorySid = AddSid(ref sids, MandatoryAuthority, 0x3000);
        exports->SeSystemMandatorySid = AddSid(ref sids, MandatoryAuthority, 0x4000);
    }

    private static SID* AddSid(ref byte* next, byte authority, params ReadOnlySpan<uint> subAuthorities)
    {
        var sid = (SID*)next;
        *sid = new SID { Revision = SID_REVISION, SubAuthorityCount = (byte)subAuthorities.Length };
        sid->IdentifierAuthority[5] = authority;
        for (int i = 0; i < subAuthorities.Length; i++)
            *RtlSubAuthoritySid(sid, (uint)i) = subAuthorities[i];
        next += WellKnownSidBytes;
        return sid;
    }
}
