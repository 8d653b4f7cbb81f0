namespace Hil.Kernel;

// What Microsoft's compiler lays down for __try: a count, then { begin, end, handler, jump target }, all RVAs,
// innermost scope first. A jump target of 0 makes it a __finally, whose routine is the handler; else it is an __except:
// the handler is the filter (1 for EXCEPTION_EXECUTE_HANDLER, which needs no routine) and the jump target is its block.

public static unsafe partial class Ntoskrnl
{
    /// <summary>The language handler of C's __try: runs filters in the search, __finally blocks in the
    /// unwind.</summary>
    /// <returns>ExceptionContinueExecution (0) or ExceptionContinueSearch (1).</returns>
    /// <remarks>WDK: none; the compiler's tables name it. Microsoft: "x64 exception handling".</remarks>
    [Export(Name = "__C_specific_handler")]
    public static int CSpecificHandler(
        EXCEPTION_RECORD* exceptionRecord, void* establisherFrame, CONTEXT* contextRecord,
        DISPATCHER_CONTEXT* dispatcherContext) =>
        (exceptionRecord->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND)) != 0
            ? ScopeTable.CleanUp(exceptionRecord, (ulong)establisherFrame, dispatcherContext)
            : ScopeTable.Search(exceptionRecord, (ulong)establisherFrame, contextRecord, dispatcherContext);
}

/// <summary>The two uses of a scope table.</summary>
internal static unsafe class ScopeTable
{
    /// <summary>A function has a few dozen __try blocks at most; the rest is damage.</summary>
    private const uint ScopesMax = 65_536;

    private const int ContinueExecution = 0;
    private const int ContinueSearch = 1;
    private const uint AlwaysHandles = 1;

    public static int Search(EXCEPTION_RECORD* record, ulong frame, CONTEXT* context, DISPATCHER_CONTEXT* dispatcher)
    {
        uint pc = (uint)(dispatcher->ControlPc - dispatcher->ImageBase);
        ReadOnlySpan<Scope> scopes = ScopesOf(dispatcher);
        for (uint i = dispatcher->ScopeIndex; i < scopes.Length; i++)
        {
            Scope scope = scopes[(int)i];
            if (!scope.Contains(pc) || scope.JumpTarget == 0)
                continue;
            int answer = scope.Handler == AlwaysHandles
                ? EXCEPTION_EXECUTE_HANDLER
                : CallFilter(dispatcher->ImageBase + scope.Handler, record, context, frame);
            if (answer < 0)
                return ContinueExecution;
            if (answer > 0)
                throw new UnwindRequest(frame, dispatcher->ImageBase + scope.JumpTarget,
                    (uint)record->ExceptionCode.Value);
        }
        return ContinueSearch;
    }

    // In the frame that handles the exception, only what the jump to the handler leaves is cleaned up.
    public static int CleanUp(EXCEPTION_RECORD* record, ulong frame, DISPATCHER_CONTEXT* dispatcher)
    {
        uint pc = (uint)(dispatcher->ControlPc - dispatcher->ImageBase);
        uint target = (uint)(dispatcher->TargetIp - dispatcher->ImageBase);
        bool isTarget = (record->ExceptionFlags & EXCEPTION_TARGET_UNWIND) != 0;
        ReadOnlySpan<Scope> scopes = ScopesOf(dispatcher);
        for (uint i = dispatcher->ScopeIndex; i < scopes.Length; i++)
        {
            Scope scope = scopes[(int)i];
            if (!scope.Contains(pc))
                continue;
            if (isTarget && (scope.Contains(target) || (scope.JumpTarget != 0 && scope.JumpTarget == target)))
                break;
            if (scope.JumpTarget != 0)
                continue;
            dispatcher->ScopeIndex = i + 1; // An exception in the block itself must not run it again.
            Processor.Current.Call(new DriverRoutine(dispatcher->ImageBase + scope.Handler), 1, frame);
        }
        return ContinueSearch;
    }

    private static int CallFilter(ulong filter, EXCEPTION_RECORD* record, CONTEXT* context, ulong frame)
    {
        // EXCEPTION_POINTERS is put together in the home area of the handler's own call: driver-visible, and the
        // callee's to use.
        var pointers = (EXCEPTION_POINTERS*)Processor.Current.CallArguments;
        *pointers = new EXCEPTION_POINTERS { ExceptionRecord = record, ContextRecord = context };
        return (int)Processor.Current.Call(new DriverRoutine(filter), (ulong)pointers, frame);
    }

    private static ReadOnlySpan<Scope> ScopesOf(DISPATCHER_CONTEXT* dispatcher)
    {
        uint count = *PointerCheck.Follow<uint>(dispatcher->HandlerData, "DispatcherContext->HandlerData");
        ulong first = (ulong)dispatcher->HandlerData + sizeof(uint);
        if (count > ScopesMax || !PointerCheck.IsReadable(first, count * (ulong)sizeof(Scope)))
            NtKernel.Current.BugCheck(BugCheckCodes.PAGE_FAULT_IN_NONPAGED_AREA, first, 0, dispatcher->ControlPc, 0,
                $"the scope table at 0x{first:x} claims {count} scopes");
        // SAFETY: the range was just found mapped; it is the image's read-only data.
        return new ReadOnlySpan<Scope>((void*)first, (int)count);
    }

    private readonly record struct Scope(uint Begin, uint End, uint Handler, uint JumpTarget)
    {
        public bool Contains(uint rva) => rva >= Begin && rva < End;
    }
}
