namespace Hil.Kernel;

// An asynchronous procedure call cuts into a thread at PASSIVE_LEVEL (WDK: "Types of APCs", "Disabling APCs", "Waits
// and APCs"). A special kernel APC is kept out by a guarded region and by APC_LEVEL, a normal one by a critical region and
// by another normal one, too. Both end a wait for as long as they take, after which the thread waits on; the kernel's
// own waits for locks and resources are let finish first. A user APC ends only waits in user mode that are alertable,
// and is done when the thread leaves the kernel.
//
// A thread that runs is cut into where it comes back from the kernel: from an export, an interrupt or a fault. Driver
// code that goes from APC_LEVEL to PASSIVE_LEVEL by itself, with a store to CR8 or KeLowerIrql, which runs in the
// guest, gets its APCs at the next such place.

public sealed unsafe partial class Scheduler
{
    private const uint ApcTag = 0x20637041; // 'Apc '

    private int _queuedApcs;

    /// <summary>Whether kernel APCs wait for the running thread. One field read: it is asked before every return to
    /// driver code.</summary>
    internal bool HasApcs { get; private set; }

    /// <summary>Queues an APC; false if it is queued already or its thread takes none any more.</summary>
    internal bool InsertApc(KAPC* apc, int boost)
    {
        KernelThread? thread = Find(apc->Thread);
        if (thread == null || thread.Apcs.IsClosed || !TryMakeRoom(thread.Apcs))
            return false;
        thread.Apcs.Add(apc);
        _queuedApcs++;
        if (apc->ApcMode == (byte)KPROCESSOR_MODE.UserMode)
            NoticeUserApc(thread, boost);
        else
            NoticeKernelApc(thread, boost);
        return true;
    }

    /// <summary>Takes an APC out of its queue; false if it is not in it.</summary>
    internal bool RemoveApc(KAPC* apc)
    {
        KernelThread? thread = Find(apc->Thread);
        if (thread == null || !thread.Apcs.Remove(apc))
            return false;
        _queuedApcs--;
        if (thread == _current)
            HasApcs = thread.Apcs.HasKernel;
        return true;
    }

    /// <summary>A queued APC in a range of memory that is about to be freed, or null.</summary>
    internal KAPC* FindApcIn(ulong address, ulong bytes)
    {
        if (_queuedApcs == 0)
            return null;
        foreach (KernelThread thread in _threads)
        {
            KAPC* apc = thread.Apcs.FindIn(address, bytes);
            if (apc != null)
                return apc;
        }
        return null;
    }

    /// <summary>Runs the kernel APCs of the running thread, as far as nothing keeps them out.</summary>
    internal void DeliverApcs()
    {
        if (!HasApcs || _kernel.Processor.Irql >= APC_LEVEL)
            return;
        KernelThread thread = CurrentThread;
        while (thread.SpecialApcDisable == 0
            && thread.Apcs.TryTakeKernel(takesNormal: thread.KernelApcDisable == 0, out KAPC* apc))
        {
            ApcArguments arguments = RunKernelRoutine(thread, apc, out bool isNormal);
            if (isNormal && !arguments.NormalRoutine.IsNull)
                RunNormalRoutine(thread, arguments);
        }
        HasApcs = thread.Apcs.HasKernel;
    }

    /// <summary>The running thread leaves the kernel: its user APCs are done if it was told of them.</summary>
    internal void ReturnToApplication()
    {
        KernelThread thread = CurrentThread;
        if (!thread.Apcs.IsUserPending)
            return;
        thread.Apcs.IsUserPending = false;
        while (thread.Apcs.TryTakeUser(out KAPC* apc))
        {
            ApcArguments arguments = RunKernelRoutine(thread, apc, out _);
            if (!arguments.NormalRoutine.IsNull)
                _kernel.Violation($"the routine 0x{arguments.NormalRoutine.Address:x} of a user APC was not called: "
                    + "there is no application here that it could belong to");
        }
    }

    /// <summary>The running thread ends: kernel APCs run now, user APCs are run down.</summary>
    internal void EndApcs(KernelThread thread)
    {
        if (_kernel.Processor.Irql == PASSIVE_LEVEL && (HasApcs || thread.Apcs.HasUser))
        {
            _kernel.Processor.Context = new ProcessorContext { StackPointer = thread.Stack.Top };
            DeliverApcs();
            thread.Apcs.IsClosed = true;
            while (thread.Apcs.TryTakeUser(out KAPC* apc))
                RunDown(apc);
        }
        thread.Apcs.IsClosed = true;
        if (thread.Apcs.Arguments == null)
            return;
        _kernel.Pool.Free(thread.Apcs.Arguments);
        thread.Apcs.Arguments = null;
    }

    /// <summary>Tells a thread of something; true if it had been told in this mode and has not heard of it
    /// yet.</summary>
    internal bool Alert(KernelThread thread, KPROCESSOR_MODE mode)
    {
        const int Boost = 2; // As Windows' ALERT_INCREMENT.
        ref bool isAlerted = ref thread.Apcs.IsAlerted(mode);
        if (isAlerted)
            return true;
        if (thread.State == ThreadState.Waiting && thread.WaitIsAlertable && mode <= thread.WaitMode)
            EndWait(thread, STATUS_ALERTED, Boost);
        else
            isAlerted = true;
        return false;
    }

    // What keeps a thread from waiting: an alert, or user APCs that it is to be told of.
    private static bool TryAlert(KernelThread thread, KPROCESSOR_MODE mode, bool isAlertable, out NTSTATUS status)
    {
        ThreadApcs apcs = thread.Apcs;
        bool isUser = mode == KPROCESSOR_MODE.UserMode;
        status = STATUS_ALERTED;
        if (isAlertable && apcs.TryHearAlert(mode))
            return true;
        if (isUser && (apcs.IsUserPending || (isAlertable && apcs.HasUser)))
        {
            apcs.IsUserPending = true;
            status = STATUS_USER_APC;
            return true;
        }
        return isAlertable && apcs.TryHearAlert(KPROCESSOR_MODE.KernelMode);
    }

    private void NoticeKernelApc(KernelThread thread, int boost)
    {
        if (thread == _current)
        {
            HasApcs = true;
            if (_kernel.Processor.Irql >= DISPATCH_LEVEL)
                _kernel.Dpcs.Request(); // Driver code that lowers IRQL by itself comes back then.
        }
        bool isKeptOut = thread.SpecialApcDisable != 0
            || (!thread.Apcs.HasSpecial && (thread.KernelApcDisable != 0 || thread.Apcs.IsNormalRunning));
        if (thread.State == ThreadState.Waiting && thread.WaitTakesApcs && !isKeptOut)
            EndWait(thread, STATUS_KERNEL_APC, boost);
    }

    private void NoticeUserApc(KernelThread thread, int boost)
    {
        if (thread.State != ThreadState.Waiting || thread.WaitMode != KPROCESSOR_MODE.UserMode
            || !thread.WaitIsAlertable)
            return;
        thread.Apcs.IsUserPending = true;
        EndWait(thread, STATUS_USER_APC, boost);
    }

    private void EndWait(KernelThread thread, NTSTATUS status, int boost)
    {
        Boost(thread, boost);
        EndWait(thread, status);
    }

    // SAFETY: the KAPC may be freed or queued again by its own routine, so everything is read before the call.
    private ApcArguments RunKernelRoutine(KernelThread thread, KAPC* apc, out bool isNormal)
    {
        Processor processor = _kernel.Processor;
        if (PointerCheck.Follow<KAPC>(apc, "a queued APC")->Type != (byte)KOBJECTS.ApcObject)
            FailNoApc(apc);
        _queuedApcs--;
        DriverRoutine routine = apc->KernelRoutine;
        ApcArguments* arguments = thread.Apcs.Arguments;
        *arguments = new ApcArguments
        {
            NormalRoutine = apc->NormalRoutine,
            NormalContext = apc->NormalContext,
            SystemArgument1 = apc->SystemArgument1,
            SystemArgument2 = apc->SystemArgument2,
        };
        isNormal = !apc->NormalRoutine.IsNull;
        apc->Inserted = false;
        KIRQL irql = processor.Irql;
        processor.Irql = APC_LEVEL;
        processor.CallApc(
            routine,
            [
                (ulong)apc, (ulong)&arguments->NormalRoutine, (ulong)&arguments->NormalContext,
                (ulong)&arguments->SystemArgument1, (ulong)&arguments->SystemArgument2,
            ]);
        processor.Irql = irql;
        return *arguments;
    }

    private void RunNormalRoutine(KernelThread thread, in ApcArguments arguments)
    {
        thread.Apcs.IsNormalRunning = true;
        DeliverApcs(); // Special ones that came while IRQL was raised.
        _kernel.Processor.CallApc(
            arguments.NormalRoutine,
            [
                (ulong)arguments.NormalContext, (ulong)arguments.SystemArgument1, (ulong)arguments.SystemArgument2,
            ]);
        thread.Apcs.IsNormalRunning = false;
    }

    private void RunDown(KAPC* apc)
    {
        _queuedApcs--;
        PointerCheck.Follow<KAPC>(apc, "a queued APC")->Inserted = false;
        if (apc->RundownRoutine.IsNull)
            Ntoskrnl.ExFreePool(apc);
        else
            _kernel.Processor.CallApc(apc->RundownRoutine, [(ulong)apc]);
    }

    private bool TryMakeRoom(ThreadApcs apcs)
    {
        if (apcs.Arguments == null)
            apcs.Arguments = (ApcArguments*)_kernel.Pool.Allocate((nuint)sizeof(ApcArguments), ApcTag, zero: true);
        return apcs.Arguments != null;
    }

    private void FailNoApc(KAPC* apc) =>
        _kernel.BugCheck(
            BugCheckCodes.IRQL_NOT_LESS_OR_EQUAL, (ulong)apc, _kernel.Processor.Irql, 0, _kernel.Processor.DriverRip,
            $"the APC at 0x{(ulong)apc:x} was to run, but its memory was overwritten while it was queued");
}
