namespace Hil.Kernel.Tests.Se;

public sealed unsafe class AssignSecurityTests : IDisposable
{
    private const byte ToObjects = 1, ToDirectories = 2, NotFurther = 4, OnlyInherited = 8;

    private readonly TestMachine _machine = new();
    private readonly SECURITY_DESCRIPTOR* _parent;
    private readonly ACL* _list;
    private readonly SE_EXPORTS* _known;

    public AssignSecurityTests()
    {
        _parent = _machine.New<SECURITY_DESCRIPTOR>();
        _list = (ACL*)_machine.New<long>();
        Assert.True(_machine.Kernel.Data.TryFind("SeExports", out ulong variable));
        _known = *(SE_EXPORTS**)variable;
        _machine.Run(() =>
        {
            RtlCreateSecurityDescriptor(_parent, SECURITY_DESCRIPTOR_REVISION);
            RtlCreateAcl(_list, 512, ACL_REVISION);
            RtlSetDaclSecurityDescriptor(_parent, true, _list, false);
        });
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void WithoutAnyTheTokensDefaultsApply() => _machine.Run(() =>
    {
        var made = (SECURITY_DESCRIPTOR*)Assign(null, null, isDirectory: false);
        SID* owner;
        BOOLEAN isDefaulted;
        RtlGetOwnerSecurityDescriptor(made, &owner, &isDefaulted);

        Assert.True(RtlEqualSid(owner, _known->SeAliasAdminsSid));
        Assert.Equal(["0 f S-18", "0 20005 S-544"], Entries(made));
        void* given = made;
        Assert.Equal(STATUS_SUCCESS, SeDeassignSecurity(&given));
        Assert.True(given == null);
    });

    [Theory]
    [InlineData(0, false, "")]
    [InlineData(ToObjects, false, "0 1 S-0")]
    [InlineData(ToDirectories, false, "")]
    [InlineData(ToDirectories, true, "2 1 S-0")]
    [InlineData(ToObjects, true, "9 1 S-0")]
    [InlineData(ToObjects | ToDirectories, true, "3 1 S-0")]
    [InlineData(ToObjects | ToDirectories | NotFurther, true, "0 1 S-0")]
    [InlineData(ToDirectories | OnlyInherited, true, "2 1 S-0")]
    public void EntriesComeDownAsTheirFlagsSay(byte flags, bool isDirectory, string expected) => _machine.Run(() =>
    {
        RtlAddAccessAllowedAceEx(_list, ACL_REVISION, flags, 1, _known->SeWorldSid);

        string[] entries = Entries((SECURITY_DESCRIPTOR*)Assign(_parent, null, isDirectory));

        Assert.Equal(expected.Length == 0 ? ["0 f S-18", "0 20005 S-544"] : [expected], entries);
    });

    [Fact]
    public void CreatorAndGenericRightsAreSettledForTheObjectAndKeptForItsChildren() => _machine.Run(() =>
    {
        RtlAddAccessAllowedAceEx(_list, ACL_REVISION, ToDirectories, GENERIC_READ, _known->SeCreatorOwnerSid);

        string[] entries = Entries((SECURITY_DESCRIPTOR*)Assign(_parent, null, isDirectory: true));

        Assert.Equal(["0 1 S-544", "a 80000000 S-0"], entries);
    });

    [Fact]
    public void ExplicitListComesFirst() => _machine.Run(() =>
    {
        RtlAddAccessAllowedAceEx(_list, ACL_REVISION, 0, GENERIC_ALL, _known->SeWorldSid);

        Assert.Equal(["0 f S-0"], Entries((SECURITY_DESCRIPTOR*)Assign(null, _parent, isDirectory: false)));
    });

    [Fact]
    public void ListThatIsNullAllowsEverythingToEverybody() => _machine.Run(() =>
    {
        RtlSetDaclSecurityDescriptor(_parent, true, null, false);
        BOOLEAN isPresent, isDefaulted;
        ACL* list;

        RtlGetDaclSecurityDescriptor(
            (SECURITY_DESCRIPTOR*)Assign(null, _parent, isDirectory: false), &isPresent, &list, &isDefaulted);

        Assert.True(isPresent && list == null);
    });

    [Fact]
    public void DamagedListIsRefused() => _machine.Run(() =>
    {
        _list->AceCount = 40;
        _list->AclSize = 8;
        var mapping = default(GENERIC_MAPPING);
        void* made;

        NTSTATUS status = SeAssignSecurity(_parent, null, &made, false, null, &mapping, POOL_TYPE.PagedPool);

        Assert.Equal(STATUS_INVALID_SECURITY_DESCR, status);
        Assert.True(made == null);
    });

    private static void* Assign(SECURITY_DESCRIPTOR* parent, SECURITY_DESCRIPTOR* wanted, bool isDirectory)
    {
        SECURITY_SUBJECT_CONTEXT subject;
        SeCaptureSubjectContext(&subject);
        var mapping = new GENERIC_MAPPING { GenericRead = 1, GenericWrite = 2, GenericExecute = 4, GenericAll = 0xF };
        void* made;
        NTSTATUS status = SeAssignSecurity(parent, wanted, &made, isDirectory, &subject, &mapping, POOL_TYPE.PagedPool);
        SeReleaseSubjectContext(&subject);
        Assert.Equal(STATUS_SUCCESS, status);
        Assert.True(SeValidSecurityDescriptor(RtlLengthSecurityDescriptor((SECURITY_DESCRIPTOR*)made), made));
        return made;
    }

    // Flags, mask and last subauthority of each entry.
    private static string[] Entries(SECURITY_DESCRIPTOR* descriptor)
    {
        BOOLEAN isPresent, isDefaulted;
        ACL* list;
        RtlGetDaclSecurityDescriptor(descriptor, &isPresent, &list, &isDefaulted);
        var entries = new string[list->AceCount];
        for (uint i = 0; i < entries.Length; i++)
        {
            void* found;
            RtlGetAce(list, i, &found);
            var ace = (ACCESS_ALLOWED_ACE*)found;
            var sid = (SID*)&ace->SidStart;
            entries[i] = $"{ace->Header.AceFlags:x} {ace->Mask:x} "
                + $"S-{*RtlSubAuthoritySid(sid, (uint)sid->SubAuthorityCount - 1)}";
        }
        return entries;
    }
}
