namespace Hil.Kernel.Tests.Se;

public sealed unsafe class AccessCheckTests : IDisposable
{
    private const uint Read = 1, Write = 2, All = 0xF, AccessSystemSecurity = 0x01000000;
    private const byte Allow = 0, Deny = 1, InheritOnly = 8;

    private readonly TestMachine _machine = new();
    private readonly SECURITY_DESCRIPTOR* _descriptor;
    private readonly ACL* _list;
    private readonly SE_EXPORTS* _known;

    public AccessCheckTests()
    {
        _descriptor = _machine.New<SECURITY_DESCRIPTOR>();
        _list = (ACL*)_machine.New<long>();
        Assert.True(_machine.Kernel.Data.TryFind("SeExports", out ulong variable));
        _known = *(SE_EXPORTS**)variable;
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void KernelModeMayDoEverything() => _machine.Run(() =>
    {
        Begin();
        Assert.Equal((Read, true), Check(Read, mode: KPROCESSOR_MODE.KernelMode));
        Assert.Equal((All, true), Check(MAXIMUM_ALLOWED, mode: KPROCESSOR_MODE.KernelMode));
    });

    [Fact]
    public void NoListAllowsEverybodyAndAnEmptyOneNobody() => _machine.Run(() =>
    {
        RtlCreateSecurityDescriptor(_descriptor, SECURITY_DESCRIPTOR_REVISION);
        Assert.Equal((Read | Write, true), Check(Read | Write));
        Begin();
        Assert.Equal((0u, false), Check(Read));
    });

    [Fact]
    public void EarlierEntriesWin() => _machine.Run(() =>
    {
        Begin();
        Add(Allow, Read, _known->SeLocalSystemSid);
        Add(Deny, Read | Write, _known->SeWorldSid);
        Add(Allow, Write, _known->SeAliasAdminsSid);

        Assert.Equal((Read, true), Check(Read));
        Assert.Equal((0u, false), Check(Read | Write));
        Assert.Equal((Read, true), Check(MAXIMUM_ALLOWED));
    });

    [Fact]
    public void EntriesOfOthersAndForInheritanceDoNotCount() => _machine.Run(() =>
    {
        Begin();
        Add(Deny, All, _known->SeAliasGuestsSid);
        Add(Deny, All, _known->SeWorldSid, InheritOnly);
        Add(Allow, GENERIC_READ, _known->SeWorldSid);

        Assert.Equal((Read, true), Check(GENERIC_READ));
        Assert.Equal((0u, false), Check(Write));
    });

    [Fact]
    public void OwnerMayReadAndChangeTheList() => _machine.Run(() =>
    {
        Begin();
        RtlSetOwnerSecurityDescriptor(_descriptor, _known->SeAliasAdminsSid, false);
        Assert.Equal((READ_CONTROL | WRITE_DAC, true), Check(READ_CONTROL | WRITE_DAC));
        Assert.Equal((0u, false), Check(Read | READ_CONTROL));
    });

    [Fact]
    public void WhatIsGrantedAlreadyIsNotAskedForAgain() => _machine.Run(() =>
    {
        Begin();
        Assert.Equal((Read, true), Check(Read, previous: Read));
        Assert.Equal((Read, true), Check(0, previous: Read));
        Assert.Equal((0u, false), Check(0));
    });

    [Fact]
    public void PrivilegeThatItTookIsTold() => _machine.Run(() =>
    {
        Begin();
        void* privileges;
        Assert.Equal((AccessSystemSecurity, true), Check(AccessSystemSecurity, privileges: &privileges));

        var set = (PRIVILEGE_SET*)privileges;
        Assert.Equal((1u, 8u), (set->PrivilegeCount, set->Privilege.Luid.LowPart));
        SeFreePrivileges(privileges);
    });

    [Fact]
    public void ContextHasTheSystemsToken() => _machine.Run(() =>
    {
        SECURITY_SUBJECT_CONTEXT first, second;
        Assert.True(_machine.Kernel.Data.TryFind("SeTokenObjectType", out ulong type));
        SeCaptureSubjectContext(&first);
        SeCaptureSubjectContext(&second);

        Assert.True(first.ClientToken == null && first.PrimaryToken == second.PrimaryToken);
        Assert.True(ObGetObjectType(first.PrimaryToken) == *(void**)type);
        Assert.Equal(4ul, (ulong)first.ProcessAuditId);
        KernelObject token = _machine.Kernel.Objects.Find(first.PrimaryToken)!;
        Assert.Equal(3, token.References);
        SeReleaseSubjectContext(&first);
        SeReleaseSubjectContext(&second);
        Assert.Equal(1, token.References);
        Assert.True(first.PrimaryToken == null);
    });

    [Fact]
    public void DescriptorMustLieInsideItsLength() => _machine.Run(() =>
    {
        Begin();
        Add(Allow, Read, _known->SeWorldSid);
        RtlSetOwnerSecurityDescriptor(_descriptor, _known->SeAliasAdminsSid, false);
        byte* relative = (byte*)_machine.New<long>();
        uint length = PAGE_SIZE;
        Assert.Equal(STATUS_SUCCESS, RtlAbsoluteToSelfRelativeSD(_descriptor, relative, &length));

        Assert.True(SeValidSecurityDescriptor(length, relative));
        Assert.False(SeValidSecurityDescriptor(length - 1, relative));
        Assert.False(SeValidSecurityDescriptor(8, relative));
        Assert.False(SeValidSecurityDescriptor(length, _descriptor)); // It is in the other form.
        ((SECURITY_DESCRIPTOR_RELATIVE*)relative)->Owner = 0xFFFFFFF0;
        Assert.False(SeValidSecurityDescriptor(length, relative));
    });

    private void Begin()
    {
        RtlCreateSecurityDescriptor(_descriptor, SECURITY_DESCRIPTOR_REVISION);
        RtlCreateAcl(_list, 512, ACL_REVISION);
        RtlSetDaclSecurityDescriptor(_descriptor, true, _list, false);
    }

    private void Add(byte type, uint mask, SID* sid, byte flags = 0)
    {
        uint index = _list->AceCount;
        Assert.Equal(STATUS_SUCCESS, RtlAddAccessAllowedAceEx(_list, ACL_REVISION, flags, mask, sid));
        void* ace;
        Assert.Equal(STATUS_SUCCESS, RtlGetAce(_list, index, &ace));
        ((ACE_HEADER*)ace)->AceType = type;
    }

    private (uint Granted, bool IsAllowed) Check(
        uint desired, uint previous = 0, KPROCESSOR_MODE mode = KPROCESSOR_MODE.UserMode, void** privileges = null)
    {
        SECURITY_SUBJECT_CONTEXT subject;
        SeCaptureSubjectContext(&subject);
        SeLockSubjectContext(&subject);
        var mapping = new GENERIC_MAPPING
        {
            GenericRead = Read, GenericWrite = Write, GenericExecute = 4, GenericAll = All,
        };
        uint granted;
        NTSTATUS status;
        bool isAllowed = SeAccessCheck(
            _descriptor, &subject, true, desired, previous, privileges, &mapping, mode, &granted, &status);
        SeUnlockSubjectContext(&subject);
        SeReleaseSubjectContext(&subject);
        Assert.Equal(isAllowed ? STATUS_SUCCESS : STATUS_ACCESS_DENIED, status);
        return (granted, isAllowed);
    }
}
