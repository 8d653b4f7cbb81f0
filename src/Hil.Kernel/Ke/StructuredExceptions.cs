namespace Hil.Kernel;

// Who is to blame for an exception without a handler: a thread of the system (0x7E), an application's system service,
// which a request from above is (0x3B), or what cut into either, a service routine or a DPC (0x1E).

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

    private static void Fail(NtKernel kernel, ExceptionDispatch dispatch, string reason)
    {
        EXCEPTION_RECORD* record = dispatch.Record;
        Fail(kernel, record->ExceptionCode, (ulong)record->ExceptionAddress, record, dispatch.Context, reason);
    }

    // WDK: Bug Check 0x1E (the record's first two parameters), 0x3B (context record) and 0x7E (exception record,
    // context record), all after the exception's code and address.

    /// <summary>Stops the machine for an exception that nobody has handled.</summary>
    /// <param name="status">The exception's code, or what went wrong when it was dispatched.</param>
    public static void Fail(
        NtKernel kernel, NTSTATUS status, ulong address, EXCEPTION_RECORD* record, CONTEXT* context, string reason)
    {
        uint code = (uint)status.Value;
        if (IsInInterruption(kernel))
            kernel.BugCheck(
                BugCheckCodes.KMODE_EXCEPTION_NOT_HANDLED, code, address, record->ExceptionInformation[0],
                record->ExceptionInformation[1], reason);
        else if (kernel.Scheduler.Current is { IsInUserCall: true })
            kernel.BugCheck(BugCheckCodes.SYSTEM_SERVICE_EXCEPTION, code, address, (ulong)context, 0, reason);
        else
            kernel.BugCheck(
                BugCheckCodes.SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, code, address, (ulong)record, (ulong)context,
                reason);
    }

    private static bool IsInInterruption(NtKernel kernel)
    {
        for (DriverCall* call = kernel.Processor.InnermostCall; call != null; call = call->Outer)
        {
            if (call->IsInterruption && !call->IsApc)
                return true;
        }
        return false;
    }
}
