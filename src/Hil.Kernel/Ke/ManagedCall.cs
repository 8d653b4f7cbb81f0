namespace Hil.Kernel;

/// <summary>The managed driver routine that runs right now. Nothing stops it from outside, so somebody
/// has to look.</summary>
internal struct ManagedCall
{
    /// <summary>Names it; null when none runs.</summary>
    public Delegate? Routine;

    /// <summary>The IRP that was being worked on when it was called, or 0.</summary>
    public ulong Irp;

    /// <summary>Changes with each call of a routine, and whenever one asks the kernel for time or sends and completes
    /// requests.</summary>
    public long Number;
}
