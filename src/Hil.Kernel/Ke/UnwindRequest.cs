namespace Hil.Kernel;

/// <summary>A language handler has found the handler of the exception being dispatched: the stack is to be unwound to
/// it.
/// Takes the host out of the handler's call; the dispatch that made the call does the rest.</summary>
internal sealed class UnwindRequest(ulong targetFrame, ulong targetIp, ulong returnValue)
    : Exception("an exception handler was found")
{
    public ulong TargetFrame { get; } = targetFrame;

    public ulong TargetIp { get; } = targetIp;

    public ulong ReturnValue { get; } = returnValue;
}
