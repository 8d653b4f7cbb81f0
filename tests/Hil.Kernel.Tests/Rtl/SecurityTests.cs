namespace Hil.Kernel.Tests.Rtl;

/// <summary>Self-relative security descriptors from outside, access masks, versions.</summary>
public sealed unsafe class SecurityTests : IDisposable
{
    private const int OwnerOffset = 20;

    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(32u, OWNER_SECURITY_INFORMATION, true)]
    [InlineData(32u, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION, false)] // It has no group.
    [InlineData(31u, 0u, false)] // Its owner ends at 32.
    [InlineData(19u, 0u, false)]
    public void DescriptorMustLieInItsBuffer(uint length, uint required, bool isValid) => _machine.Run(() =>
        Assert.Equal<bool>(isValid, RtlValidRelativeSecurityDescriptor(NewDescriptor(OwnerOffset), length, required)));

    [Theory]
    [InlineData(28)]
    [InlineData(-8)]
    public void OffsetOutOfTheBufferIsFound(int owner) => _machine.Run(() =>
        Assert.False(RtlValidRelativeSecurityDescriptor(NewDescriptor(owner), 32, 0)));

    [Fact]
    public void AbsoluteDescriptorIsNotARelativeOne() => _machine.Run(() =>
    {
        SECURITY_DESCRIPTOR* descriptor = _machine.New<SECURITY_DESCRIPTOR>();
        RtlCreateSecurityDescriptor(descriptor, SECURITY_DESCRIPTOR_REVISION);
        Assert.False(RtlValidRelativeSecurityDescriptor(descriptor, (uint)sizeof(SECURITY_DESCRIPTOR), 0));
    });

    [Fact]
    public void GenericRightsBecomeThoseOfTheType() => _machine.Run(() =>
    {
        GENERIC_MAPPING* mapping = _machine.New<GENERIC_MAPPING>();
        *mapping = new() { GenericRead = 1, GenericWrite = 2, GenericExecute = 4, GenericAll = 0x1F };
        uint* mask = _machine.New<uint>();
        foreach ((uint generic, uint mapped) in (ReadOnlySpan<(uint, uint)>)
            [(0x20, 0x20), (GENERIC_READ, 1), (GENERIC_WRITE | 0x20, 0x22), (GENERIC_EXECUTE, 4), (GENERIC_ALL, 0x1F)])
        {
            *mask = generic;
            RtlMapGenericMask(mask, mapping);
            Assert.Equal(mapped, *mask);
        }
    });

    [Fact]
    public void LuidsAreEqualInBothHalves() => _machine.Run(() =>
    {
        LUID* left = _machine.New<LUID>();
        LUID* right = _machine.New<LUID>();
        Assert.True(RtlEqualLuid(left, right));
        right->HighPart = 1;
        Assert.False(RtlEqualLuid(left, right));
    });

    [Theory]
    [InlineData(0x05000000u, true, false)] // NTDDI_WIN2K
    [InlineData(0x06010000u, true, false)] // NTDDI_WIN7
    [InlineData(0x0A000000u, true, true)] // NTDDI_WIN10
    [InlineData(0x0A000008u, true, true)] // NTDDI_WIN10_VB
    [InlineData(0x0A00000Bu, false, false)] // NTDDI_WIN10_CO
    public void VersionsUpToThisOneAreThere(uint version, bool isAvailable, bool isInstalled) => _machine.Run(() =>
    {
        Assert.Equal<bool>(isAvailable, RtlIsNtDdiVersionAvailable(version));
        Assert.Equal<bool>(isInstalled, RtlIsServicePackVersionInstalled(version));
    });

    [Fact]
    public void EditionIsProfessional() => _machine.Run(() =>
    {
        uint* product = _machine.New<uint>();
        Assert.True(RtlGetProductInfo(10, 0, 0, 0, product));
        Assert.Equal(0x30u, *product);
        Assert.False(RtlGetProductInfo(5, 1, 0, 0, product));
        Assert.False(RtlGetProductInfo(10, 0, 0, 0, null));
    });

    [Fact]
    public void CountedTextIsCompared() => _machine.Run(() =>
    {
        var text = (char*)_machine.Kernel.Pool.Allocate(16, 0, zero: true);
        "abcABd".CopyTo(new Span<char>(text, 8));
        Assert.Equal(0, RtlCompareUnicodeStrings(text, 2, text + 3, 2, true));
        Assert.True(RtlCompareUnicodeStrings(text, 2, text + 3, 2, false) > 0);
        Assert.True(RtlCompareUnicodeStrings(text, 3, text + 3, 3, true) < 0);
        Assert.True(RtlCompareUnicodeStrings(text, 2, text, 3, true) < 0);
    });

    // 20 bytes of header and an owner of one subauthority, 12 bytes.
    private SECURITY_DESCRIPTOR* NewDescriptor(int owner)
    {
        var descriptor = (SECURITY_DESCRIPTOR_RELATIVE*)_machine.Kernel.Pool.Allocate(32, 0, zero: true);
        descriptor->Revision = (byte)SECURITY_DESCRIPTOR_REVISION;
        descriptor->Control = SE_SELF_RELATIVE;
        descriptor->Owner = (uint)owner;
        var sid = (SID*)((byte*)descriptor + OwnerOffset);
        sid->Revision = SID_REVISION;
        sid->SubAuthorityCount = 1;
        return (SECURITY_DESCRIPTOR*)descriptor;
    }
}
