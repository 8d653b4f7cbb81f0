namespace Hil.Kernel;

/// <summary>A thread that waits for a push lock.</summary>
internal readonly record struct PushLockWaiter(KernelThread Thread, bool IsExclusive);
