namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const int SidHeaderBytes = 8;

    /// <summary>Size of a security identifier in bytes.</summary>
    /// <remarks>WDK: RtlLengthSid.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static uint RtlLengthSid(SID* sid) => RtlLengthRequiredSid(sid->SubAuthorityCount);

    /// <summary>Size in bytes of a security identifier with so many subauthorities.</summary>
    /// <remarks>WDK: RtlLengthRequiredSid.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static uint RtlLengthRequiredSid(uint subAuthorityCount) =>
        SidHeaderBytes + sizeof(uint) * subAuthorityCount;

    /// <summary>Whether revision and number of subauthorities are possible.</summary>
    /// <remarks>WDK: RtlValidSid.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN RtlValidSid(SID* sid) =>
        sid != null && sid->Revision == SID_REVISION && sid->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;

    /// <summary>Begins a security identifier; its subauthorities are the caller's to write.</summary>
    /// <returns>STATUS_INVALID_PARAMETER for more than 15 subauthorities.</returns>
    /// <remarks>WDK: RtlInitializeSid.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlInitializeSid(SID* sid, byte* identifierAuthority, byte subAuthorityCount)
    {
        if (subAuthorityCount > SID_MAX_SUB_AUTHORITIES)
            return STATUS_INVALID_PARAMETER;
        sid->Revision = SID_REVISION;
        sid->SubAuthorityCount = subAuthorityCount;
        Buffer.MemoryCopy(identifierAuthority, sid->IdentifierAuthority, 6, 6);
        return STATUS_SUCCESS;
    }

    /// <summary>Address of a subauthority.</summary>
    /// <remarks>WDK: RtlSubAuthoritySid.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static uint* RtlSubAuthoritySid(SID* sid, uint subAuthority) =>
        (uint*)((byte*)sid + SidHeaderBytes) + subAuthority;

    /// <summary>Whether two security identifiers are the same.</summary>
    /// <remarks>WDK: RtlEqualSid.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static BOOLEAN RtlEqualSid(SID* sid1, SID* sid2)
    {
        uint bytes = RtlLengthSid(sid1);
        return bytes == RtlLengthSid(sid2) && BytesOf(sid1, bytes, "Sid1").SequenceEqual(BytesOf(sid2, bytes, "Sid2"));
    }

    /// <summary>Copies a security identifier.</summary>
    /// <returns>STATUS_BUFFER_TOO_SMALL.</returns>
    /// <remarks>WDK: RtlCopySid.</remarks>
    [Export(MaxIrql = APC_LEVEL)]
    public static NTSTATUS RtlCopySid(uint destinationSidLength, void* destinationSid, SID* sourceSid)
    {
        uint bytes = RtlLengthSid(sourceSid);
        if (destinationSidLength < bytes)
            return STATUS_BUFFER_TOO_SMALL;
        BytesOf(sourceSid, bytes, "SourceSid").CopyTo(BytesOf(destinationSid, bytes, "DestinationSid"));
        return STATUS_SUCCESS;
    }

    // What a driver says about a size is checked before the host follows it.
    private static Span<byte> BytesOf(void* start, uint bytes, string what)
    {
        DriverMemory.RequireReadable(start, bytes, what);
        return new Span<byte>(start, (int)bytes);
    }
}
