namespace Hil.Kernel;

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
    /// was
    /// found; <paramref name="frame"/> is then made to resume with.</summary>
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

    // WDK: Bug Check 0x7E: exception code, its address, exception record, context record.
    private static void Fail(NtKernel kernel, ExceptionDispatch dispatch, string reason) =>
        kernel.BugCheck(BugCheckCodes.SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, (uint)dispatch.Record->ExceptionCode.Value,
            (ulong)dispatch.Record->ExceptionAddress, (ulong)dispatch.Record, (ulong)dispatch.Context, reason);
}
