namespace Hil.Kernel;

// Who is to blame for an exception without a handler: a thread of the system, or what cut into one, a service routine
// or a DPC. SYSTEM_SERVICE_EXCEPTION (0x3B) is that of a call from user mode; here requests come on threads of the
// system.

/// <summary>Structured exceptions of driver code (x64 tables). An exception that nobody handles stops the
/// machine.</summary>
internal static unsafe class StructuredExceptions
{
    /// <summary>Raises an exception at a trap frame. Returns when a handler was found and the frame may be
    /// resumed.</summary>
    public static void Raise(
        NtKernel kernel, TrapFrame* frame, uint status, string reason, ulong information0 = 0, ulong information1 = 0)
    {
        using var dispatch = new ExceptionDispatch(kernel);
        DriverContext.Load(dispatch.Context, frame);
        EXCEPTION_RECORD* record = dispatch.Record;
        record->ExceptionCode = new NTSTATUS(status);
        if (record->ExceptionCode == STATUS_BREAKPOINT)
            dispatch.Context->Rip--; // As Windows does: handlers see the int 3, not what follows it.
        record->ExceptionAddress = (void*)dispatch.Context->Rip;
        if (status == (uint)STATUS_ACCESS_VIOLATION.Value)
        {
            record->NumberParameters = 2;
            record->ExceptionInformation[0] = information0;
            record->ExceptionInformation[1] = information1;
        }
        if (!dispatch.TryHandle())
            Fail(kernel, dispatch, reason);
        DriverContext.Store(in *dispatch.Context, frame);
    }

    /// <summary>Raises an exception in the caller of an export, as if the call had raised it. Returns when a handler
    /// was found; <paramref name="frame"/> is then made to resume with.</summary>
    public static void RaiseInCaller(NtKernel kernel, KernelCallFrame* call, TrapFrame* frame,
        GuestRaiseException raised)
    {
        using var dispatch = new ExceptionDispatch(kernel);
        DriverContext.Load(dispatch.Context, call);
        *dispatch.Record = raised.Record;
        dispatch.Record->ExceptionAddress = (void*)call->ReturnAddress;
        if (!dispatch.TryHandle())
            Fail(kernel, dispatch, raised.Reason);
        DriverContext.Store(in *dispatch.Context, frame);
    }

    // WDK: Bug Check 0x1E (the record's first two parameters) and 0x7E (exception record, context record), both after
    // the exception's code and address.
    private static void Fail(NtKernel kernel, ExceptionDispatch dispatch, string reason)
    {
        EXCEPTION_RECORD* record = dispatch.Record;
        bool isInterruption = IsInInterruption(kernel);
        kernel.BugCheck(
            isInterruption
                ? BugCheckCodes.KMODE_EXCEPTION_NOT_HANDLED
                : BugCheckCodes.SYSTEM_THREAD_EXCEPTION_NOT_HANDLED,
            (uint)record->ExceptionCode.Value,
            (ulong)record->ExceptionAddress,
            isInterruption ? record->ExceptionInformation[0] : (ulong)record,
            isInterruption ? record->ExceptionInformation[1] : (ulong)dispatch.Context,
            reason);
    }

    private static bool IsInInterruption(NtKernel kernel)
    {
        for (DriverCall* call = kernel.Processor.InnermostCall; call != null; call = call->Outer)
        {
            if (call->IsInterruption)
                return true;
        }
        return false;
    }
}
