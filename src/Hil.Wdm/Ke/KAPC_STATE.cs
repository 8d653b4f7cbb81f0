namespace Hil.Wdm;

/// <summary>Where a thread was before it attached to a process; opaque to drivers.</summary>
public unsafe struct KAPC_STATE
{
    public LIST_ENTRY KernelApcListHead;
    public LIST_ENTRY UserApcListHead;
    public void* Process;
    public BOOLEAN KernelApcInProgress;
    public BOOLEAN KernelApcPending;
    public BOOLEAN UserApcPending;
}
