namespace Hil.Kernel;

// There is one token, the system process's: its user is the local system account, a member of the administrators.
// Nobody impersonates anybody, and nothing changes the token, so that locking it against changes has nothing to do.

public static unsafe partial class Ntoskrnl
{
    private const int TokenBytes = 64; // Opaque to drivers.
    private const uint TokenTag = 0x656B6F54; // 'Toke'

    /// <summary>Says on whose behalf the running thread acts: on the system's.</summary>
    /// <remarks>WDK: SeCaptureSubjectContext.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void SeCaptureSubjectContext(SECURITY_SUBJECT_CONTEXT* subjectContext)
    {
        NtKernel kernel = NtKernel.Current;
        KernelObject? token = FindToken(kernel);
        if (token != null)
            kernel.Objects.Reference(token);
        *subjectContext = new SECURITY_SUBJECT_CONTEXT
        {
            PrimaryToken = (void*)(token?.Address ?? 0),
            ProcessAuditId = (void*)SystemProcessId,
        };
    }

    /// <summary>Keeps a captured context's tokens from being changed, which nobody can.</summary>
    /// <remarks>WDK: SeLockSubjectContext.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void SeLockSubjectContext(SECURITY_SUBJECT_CONTEXT* subjectContext)
    {
    }

    /// <summary>Undoes SeLockSubjectContext.</summary>
    /// <remarks>WDK: SeUnlockSubjectContext.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void SeUnlockSubjectContext(SECURITY_SUBJECT_CONTEXT* subjectContext)
    {
    }

    /// <summary>Gives a captured context's tokens back.</summary>
    /// <remarks>WDK: SeReleaseSubjectContext.</remarks>
    [Export(MaxIrql = PASSIVE_LEVEL)]
    public static void SeReleaseSubjectContext(SECURITY_SUBJECT_CONTEXT* subjectContext)
    {
        ObjectTable objects = NtKernel.Current.Objects;
        if (subjectContext->PrimaryToken != null)
            objects.Dereference(objects.Require(subjectContext->PrimaryToken));
        subjectContext->PrimaryToken = null;
        subjectContext->ClientToken = null;
    }

    /// <summary>The system process's token; null if there is no memory for it.</summary>
    private static KernelObject? FindToken(NtKernel kernel) => kernel.Token ??= CreateToken(kernel);

    // The creator's reference stays with the kernel: the system process has its token as long as it lives.
    private static KernelObject? CreateToken(NtKernel kernel)
    {
        void* body = kernel.Pool.Allocate(TokenBytes, TokenTag, zero: true);
        return body == null ? null : kernel.Objects.Add(ObjectType.Token, body);
    }

    // WDK: "LocalSystem Account". What SeExports calls them.
    private static bool IsSubject(SID* sid)
    {
        SE_EXPORTS* known = WellKnownOf(NtKernel.Current);
        return RtlEqualSid(sid, known->SeLocalSystemSid) || RtlEqualSid(sid, known->SeAliasAdminsSid)
            || RtlEqualSid(sid, known->SeWorldSid) || RtlEqualSid(sid, known->SeAuthenticatedUsersSid);
    }

    internal static SE_EXPORTS* WellKnownOf(NtKernel kernel)
    {
        bool isFound = kernel.Data.TryFind("SeExports", out ulong variable);
        Invariant.Holds(isFound, "the kernel exports the well-known identifiers");
        return *(SE_EXPORTS**)variable;
    }
}
