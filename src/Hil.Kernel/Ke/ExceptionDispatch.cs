namespace Hil.Kernel;

// One structured exception, from the fault to the handler (Microsoft: "x64 exception handling"). First the search:
// frame by frame outwards, each language handler is asked; it runs the driver's filters. Nothing is undone yet, so a
// filter that says "continue" resumes the faulting instruction. A handler that wants the exception asks for an unwind
// (UnwindRequest): the frames are walked a second time, now with the handlers' cleanup (__finally), and the frame that
// handles it resumes at its __except block. Filters and cleanup run as driver code below the faulting frame, as on
// Windows.  The search ends where the host called the driver: an exception does not cross from one driver through the
// kernel into another's frames. Nor does one raised in a filter reach the frames outside the filter.

/// <summary>Finds and runs the handlers of one exception.</summary>
internal sealed unsafe class ExceptionDispatch : IDisposable
{
    /// <summary>A bound for stacks that lead in circles.</summary>
    private const int FramesMax = 1000;

    private const uint DirectionFlag = 0x400;
    private const int ContinueExecution = 0;
    private const int ContinueSearch = 1;

    private readonly NtKernel _kernel;
    private readonly Block* _block;

    public ExceptionDispatch(NtKernel kernel)
    {
        _kernel = kernel;
        _block = (Block*)kernel.Pages.Allocate((nuint)sizeof(Block), PageAccess.ReadWrite);
        Invariant.Holds(_block != null, "there is room for an exception's records");
    }

    /// <summary>The registers to search from, and after a success those to resume with. In driver-visible
    /// memory.</summary>
    public CONTEXT* Context => &_block->Context;

    public EXCEPTION_RECORD* Record => &_block->Record;

    public void Dispose() => _kernel.Pages.Free((ulong)_block, (nuint)sizeof(Block));

    /// <summary>False when nobody handles the exception.</summary>
    public bool TryHandle()
    {
        _kernel.Xmm.Save(Context);
        if (!TrySearch(out UnwindRequest? target))
            return false;
        if (target != null)
            Unwind(target);
        _kernel.Xmm.Restore(Context);
        return true;
    }

    private bool TrySearch(out UnwindRequest? target)
    {
        target = null;
        CONTEXT walk = *Context;
        for (int frames = 0; frames < FramesMax; frames++)
        {
            ulong stackPointer = walk.Rsp;
            if (!Unwinder.TryUnwind(_kernel, &walk, UnwindFlags.ExceptionHandler, out UnwoundFrame frame))
                return false;
            if (frame.Handler != 0 && IsHandled(frame, out target))
                return true;
            if (walk.Rsp <= stackPointer)
                return false;
        }
        return false;
    }

    private bool IsHandled(UnwoundFrame frame, out UnwindRequest? target)
    {
        target = null;
        (ulong, VcpuExit, int) place = _kernel.Processor.Context;
        KIRQL irql = _kernel.Processor.Irql;
        try
        {
            int disposition = CallHandler(frame, Context, targetIp: 0);
            if (disposition == ContinueExecution && (Record->ExceptionFlags & EXCEPTION_NONCONTINUABLE) != 0)
                FailDisposition(frame, "wants to continue after an exception that cannot be continued");
            if (disposition is not (ContinueExecution or ContinueSearch))
                FailDisposition(frame, $"returned {disposition}, which is no disposition");
            return disposition == ContinueExecution;
        }
        catch (UnwindRequest request)
        {
            // The handler's own frames are abandoned where they are, below the frame that will resume.
            _kernel.Processor.Context = place;
            _kernel.Processor.Irql = irql;
            target = request;
            return true;
        }
    }

    private void Unwind(UnwindRequest target)
    {
        CONTEXT walk = *Context;
        Record->ExceptionFlags |= EXCEPTION_UNWINDING;
        for (int frames = 0; frames < FramesMax; frames++)
        {
            CONTEXT here = walk;
            bool isFrame = Unwinder.TryUnwind(_kernel, &walk, UnwindFlags.TerminationHandler, out UnwoundFrame frame);
            if (!isFrame || frame.EstablisherFrame > target.TargetFrame)
                break;
            bool isTarget = frame.EstablisherFrame == target.TargetFrame && frame.Function != default;
            if (isTarget)
                Record->ExceptionFlags |= EXCEPTION_TARGET_UNWIND;
            *Context = here;
            if (frame.Handler != 0)
                CallHandler(frame, Context, target.TargetIp);
            if (!isTarget)
                continue;
            *Context = here;
            Context->Rip = target.TargetIp;
            Context->Rax = target.ReturnValue;
            Context->EFlags &= ~DirectionFlag; // A copy from the end may have faulted; compiled code expects it clear.
            return;
        }
        _kernel.BugCheck(BugCheckCodes.SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, (uint)Record->ExceptionCode.Value,
            (ulong)Record->ExceptionAddress, (ulong)Record, (ulong)Context,
            $"the frame 0x{target.TargetFrame:x} that handles an exception is not on the stack");
    }

    private int CallHandler(UnwoundFrame frame, CONTEXT* context, ulong targetIp)
    {
        _block->Dispatcher = new DISPATCHER_CONTEXT
        {
            ControlPc = frame.ControlPc,
            ImageBase = frame.Module.Base,
            FunctionEntry = (void*)(frame.Module.Base + frame.Function.EntryRva),
            EstablisherFrame = frame.EstablisherFrame,
            TargetIp = targetIp,
            ContextRecord = context,
            LanguageHandler = (void*)frame.Handler,
            HandlerData = (void*)frame.HandlerData,
        };
        return (int)_kernel.Processor.Call(new DriverRoutine(frame.Handler),
            Record, (void*)frame.EstablisherFrame, context, &_block->Dispatcher);
    }

    private void FailDisposition(UnwoundFrame frame, string what) =>
        _kernel.BugCheck(BugCheckCodes.SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, (uint)STATUS_INVALID_DISPOSITION.Value,
            frame.ControlPc, (ulong)Record, (ulong)Context,
            $"the exception handler {_kernel.Modules.Describe(frame.Handler)} {what}");

    // CONTEXT comes first: it must lie on a 16-byte boundary.
    private struct Block
    {
        public CONTEXT Context;
        public EXCEPTION_RECORD Record;
        public DISPATCHER_CONTEXT Dispatcher;
    }
}
