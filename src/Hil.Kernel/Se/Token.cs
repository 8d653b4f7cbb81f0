namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    private const uint TokenUser = 1;
    private const uint TokenGroups = 2;
    private const uint TokenOwner = 4;
    private const uint TokenPrimaryGroup = 5;
    private const uint TokenSource = 7;
    private const uint TokenType = 8;
    private const uint TokenSessionId = 12;
    private const uint TokenEntryBytes = 16; // SID_AND_ATTRIBUTES
    private const uint TokenSourceBytes = 16; // TOKEN_SOURCE

    /// <summary>Opens the token of a process: the system's.</summary>
    /// <param name="handleAttributes">OBJ_KERNEL_HANDLE, which every handle is here.</param>
    /// <returns>STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_INSUFFICIENT_RESOURCES.</returns>
    /// <remarks>WDK: ZwOpenProcessTokenEx.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwOpenProcessTokenEx(
        void* processHandle, uint desiredAccess, uint handleAttributes, void** tokenHandle)
    {
        NTSTATUS status = ObjectOf(processHandle, ObjectType.Process, out _);
        if (!status.IsSuccess)
            return status;
        NtKernel kernel = NtKernel.Current;
        KernelObject? token = FindToken(kernel);
        if (token == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        *tokenHandle = (void*)kernel.Objects.Handles.Open(token, desiredAccess);
        return STATUS_SUCCESS;
    }

    /// <summary>Opens the token that a thread impersonates its client with, which none does.</summary>
    /// <returns>STATUS_NO_TOKEN; STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.</returns>
    /// <remarks>WDK: ZwOpenThreadTokenEx.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwOpenThreadTokenEx(
        void* threadHandle, uint desiredAccess, BOOLEAN openAsSelf, uint handleAttributes, void** tokenHandle)
    {
        NTSTATUS status = ObjectOf(threadHandle, ObjectType.Thread, out _);
        return status.IsSuccess ? STATUS_NO_TOKEN : status;
    }

    /// <summary>Tells about a token: the system's, the only one.</summary>
    /// <param name="tokenInformationClass">TokenUser, TokenGroups, TokenOwner, TokenPrimaryGroup, TokenSource,
    /// TokenType, TokenSessionId.</param>
    /// <param name="returnLength">Gets the bytes that the answer takes, also if the buffer is too small.</param>
    /// <returns>STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH; STATUS_INVALID_INFO_CLASS
    /// for other classes, TokenImpersonationLevel among them: the token is a primary one.</returns>
    /// <remarks>WDK: ZwQueryInformationToken.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static NTSTATUS ZwQueryInformationToken(
        void* tokenHandle, uint tokenInformationClass, void* tokenInformation, uint tokenInformationLength,
        uint* returnLength)
    {
        NTSTATUS status = ObjectOf(tokenHandle, ObjectType.Token, out _);
        if (!status.IsSuccess)
            return status;
        uint bytes = TokenBytesOf(tokenInformationClass);
        if (bytes == 0)
            return STATUS_INVALID_INFO_CLASS;
        *returnLength = bytes;
        if (tokenInformationLength < bytes)
            return STATUS_BUFFER_TOO_SMALL;
        DriverMemory.RequireWritable(tokenInformation, bytes, nameof(ZwQueryInformationToken));
        new Span<byte>(tokenInformation, (int)bytes).Clear();
        DescribeToken(tokenInformationClass, (byte*)tokenInformation);
        return STATUS_SUCCESS;
    }

    private static uint TokenBytesOf(uint informationClass)
    {
        SE_EXPORTS* known = WellKnownOf(NtKernel.Current);
        return informationClass switch
        {
            TokenUser => TokenEntryBytes + RtlLengthSid(known->SeLocalSystemSid),
            TokenOwner => sizeof(ulong) + RtlLengthSid(known->SeAliasAdminsSid),
            TokenPrimaryGroup => sizeof(ulong) + RtlLengthSid(known->SeLocalSystemSid),
            TokenGroups => sizeof(ulong) + 3 * TokenEntryBytes + RtlLengthSid(known->SeAliasAdminsSid)
                + RtlLengthSid(known->SeWorldSid) + RtlLengthSid(known->SeAuthenticatedUsersSid),
            TokenSource => TokenSourceBytes,
            TokenType or TokenSessionId => sizeof(uint),
            _ => 0,
        };
    }

    private static void DescribeToken(uint informationClass, byte* answer)
    {
        const uint PrimaryToken = 1;
        SE_EXPORTS* known = WellKnownOf(NtKernel.Current);
        switch (informationClass)
        {
            case TokenUser:
                *(byte**)answer = Append(answer + TokenEntryBytes, known->SeLocalSystemSid, out _);
                break;
            case TokenOwner:
                *(byte**)answer = Append(answer + sizeof(ulong), known->SeAliasAdminsSid, out _);
                break;
            case TokenPrimaryGroup:
                *(byte**)answer = Append(answer + sizeof(ulong), known->SeLocalSystemSid, out _);
                break;
            case TokenGroups:
                DescribeGroups(known, answer);
                break;
            case TokenSource:
                "*SYSTEM*"u8.CopyTo(new Span<byte>(answer, sizeof(ulong)));
                break;
            case TokenType:
                *(uint*)answer = PrimaryToken;
                break;
            default:
                break; // The session of the system is 0.
        }
    }

    // Those that IsSubject knows, with their attributes on Windows (SE_GROUP_xxx).
    private static void DescribeGroups(SE_EXPORTS* known, byte* answer)
    {
        const uint Mandatory = 1, EnabledByDefault = 2, Enabled = 4, Owner = 8;
        const uint Fixed = Mandatory | EnabledByDefault | Enabled;
        *(uint*)answer = 3;
        byte* entry = answer + sizeof(ulong);
        byte* end = entry + 3 * TokenEntryBytes;
        AddGroup(ref entry, ref end, known->SeAliasAdminsSid, EnabledByDefault | Enabled | Owner);
        AddGroup(ref entry, ref end, known->SeWorldSid, Fixed);
        AddGroup(ref entry, ref end, known->SeAuthenticatedUsersSid, Fixed);
    }

    private static void AddGroup(ref byte* entry, ref byte* end, SID* sid, uint attributes)
    {
        *(byte**)entry = Append(end, sid, out uint bytes);
        *(uint*)(entry + sizeof(ulong)) = attributes;
        entry += TokenEntryBytes;
        end += bytes;
    }

    private static byte* Append(byte* place, SID* sid, out uint bytes)
    {
        bytes = RtlLengthSid(sid);
        RtlCopySid(bytes, place, sid);
        return place;
    }
}
