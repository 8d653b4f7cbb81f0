using System.Runtime.CompilerServices;

namespace Hil.Kernel;

// One structured exception, from the fault to the handler (Microsoft: "x64 exception handling"). First the search:
// frame by frame outwards, each language handler is asked; it runs the driver's filters. Nothing is undone yet, so a
// filter that says "continue" resumes the faulting instruction. A handler that wants the exception asks for an unwind
// (UnwindRequest): the frames are walked a second time, now with the handlers' cleanup (__finally), and the frame that
// handles it resumes at its __except block. Filters and cleanup run as driver code below the faulting frame, as on
// Windows. FrameWalk says which frames there are: the handler may be that of a driver above, which called this one over
// the kernel. Then the calls in between are abandoned (GuestUnwindException). The kernel's routines have no handlers:
// what they hold for the call (KeSynchronizeExecution: IRQL and the lock) stays held, as it does on Windows.

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
    private readonly DriverCall* _call;

    /// <param name="record">Null for one of the dispatch's own.</param>
    public ExceptionDispatch(NtKernel kernel, EXCEPTION_RECORD* record = null)
    {
        _kernel = kernel;
        _call = kernel.Processor.InnermostCall;
        _block = (Block*)kernel.Pages.Allocate((nuint)sizeof(Block), PageAccess.ReadWrite);
        Invariant.Holds(_block != null, "there is room for an exception's records");
        Record = record != null ? record : &_block->Record;
    }

    /// <summary>The registers to search from, and after a success those to resume with. In driver-visible
    /// memory.</summary>
    public CONTEXT* Context => &_block->Frame.Context;

    public EXCEPTION_RECORD* Record { get; }

    public void Dispose()
    {
        _call->Unwinding = null;
        _kernel.Pages.Free((ulong)_block, (nuint)sizeof(Block));
    }

    /// <summary>False when nobody handles the exception.</summary>
    public bool TryHandle()
    {
        _kernel.Xmm.Save(Context);
        if (!TrySearch(out UnwindRequest? target))
            return false;
        if (target != null)
            Unwind(target.TargetFrame, target.TargetIp, target.ReturnValue);
        else
            _kernel.Xmm.Restore(Context);
        return true;
    }

    // A target in an outer driver call comes out as an exception.
    private void Unwind(ulong targetFrame, ulong targetIp, ulong returnValue)
    {
        DriverCall* target = PrepareUnwound(targetFrame, targetIp, returnValue);
        if (target != _call)
            throw new GuestUnwindException(target, Context);
    }

    /// <summary>Unwinds from the caller of an export, which the caller's own call is taken out of, too.</summary>
    public void UnwindFromExport(ulong targetFrame, ulong targetIp, ulong returnValue)
    {
        _kernel.Xmm.Save(Context);
        throw new GuestUnwindException(PrepareUnwound(targetFrame, targetIp, returnValue), Context);
    }

    /// <summary>Goes from the caller of an export to where setjmp was called; if that named a frame, through the
    /// cleanup of those in between.</summary>
    public void JumpFromExport(JumpBuffer* buffer, uint value)
    {
        JumpBuffer to = *buffer; // May lie in a frame that is gone then.
        *Record = new EXCEPTION_RECORD
        {
            ExceptionCode = STATUS_LONGJUMP,
            ExceptionAddress = (void*)Context->Rip,
            NumberParameters = 1,
        };
        Record->ExceptionInformation[0] = (ulong)buffer;
        _kernel.Xmm.Save(Context);
        DriverCall* target = to.Frame != 0 ? CleanUp(to.Frame, to.Rip) : CallThatHolds(to.Rsp);
        (Context->Rbx, Context->Rsp, Context->Rbp, Context->Rip) = (to.Rbx, to.Rsp, to.Rbp, to.Rip);
        (Context->Rsi, Context->Rdi, Context->Rax) = (to.Rsi, to.Rdi, value);
        (Context->R12, Context->R13, Context->R14, Context->R15) = (to.R12, to.R13, to.R14, to.R15);
        Context->MxCsr = Context->FltSave.MxCsr = to.MxCsr;
        Unsafe.CopyBlock(&Context->Xmm6, &to.Xmm6, (uint)sizeof(JumpXmm));
        Context->EFlags &= ~DirectionFlag;
        _kernel.Xmm.Restore(Context);
        throw new GuestUnwindException(target, Context);
    }

    private DriverCall* CallThatHolds(ulong stackPointer)
    {
        ulong innermost = Context->Rsp;
        for (DriverCall* call = _call; call != null && !call->IsInterruption; call = call->Outer)
        {
            if (stackPointer >= innermost && stackPointer < call->StackPointer)
                return call;
            innermost = call->Suspended.Frame;
        }
        throw new GuestRaiseException(
            STATUS_BAD_STACK, $"longjmp to 0x{stackPointer:x}, which is not on the stack");
    }

    private DriverCall* PrepareUnwound(ulong targetFrame, ulong targetIp, ulong returnValue)
    {
        DriverCall* target = CleanUp(targetFrame, targetIp);
        _kernel.Xmm.Restore(Context);
        Context->Rip = targetIp;
        Context->Rax = returnValue;
        Context->EFlags &= ~DirectionFlag; // A copy from the end may have faulted; compiled code expects it clear.
        return target;
    }

    private bool TrySearch(out UnwindRequest? target)
    {
        target = null;
        _block->Walk = *Context;
        var walk = new FrameWalk(_kernel, &_block->Walk, _call);
        for (int frames = 0; frames < FramesMax; frames++)
        {
            if (!walk.TryNext(UnwindFlags.ExceptionHandler, &_block->Here, out UnwoundFrame frame))
                return false;
            if (frame.Handler != 0 && IsHandled(frame, walk.ScopeIndex, out target))
                return true;
        }
        return false;
    }

    private bool IsHandled(UnwoundFrame frame, uint scopeIndex, out UnwindRequest? target)
    {
        target = null;
        ProcessorContext place = _kernel.Processor.Context;
        KIRQL irql = _kernel.Processor.Irql;
        try
        {
            int disposition = CallHandler(frame, targetIp: 0, scopeIndex);
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

    private DriverCall* CleanUp(ulong targetFrame, ulong targetIp)
    {
        Record->ExceptionFlags |= EXCEPTION_UNWINDING;
        _block->Walk = *Context;
        var walk = new FrameWalk(_kernel, &_block->Walk, _call);
        _call->Unwinding = &_block->Frame;
        for (int frames = 0; frames < FramesMax; frames++)
        {
            if (!walk.TryNext(UnwindFlags.TerminationHandler, Context, out UnwoundFrame frame))
                break;
            bool isTarget = frame.EstablisherFrame == targetFrame && frame.Function != default;
            if (isTarget)
                Record->ExceptionFlags |= EXCEPTION_TARGET_UNWIND;
            if (frame.Handler != 0)
            {
                _block->Here = *Context; // A handler may change what it is given.
                CallHandler(frame, targetIp, walk.ScopeIndex);
                *Context = _block->Here;
            }
            if (isTarget)
                return walk.Call;
        }
        StructuredExceptions.Fail(
            _kernel, Record->ExceptionCode, (ulong)Record->ExceptionAddress, Record, Context,
            $"the frame 0x{targetFrame:x} that is to be unwound to is not on the stack");
        return null;
    }

    private int CallHandler(UnwoundFrame frame, ulong targetIp, uint scopeIndex)
    {
        DISPATCHER_CONTEXT* dispatcher = &_block->Frame.Dispatcher;
        *dispatcher = new DISPATCHER_CONTEXT
        {
            ControlPc = frame.ControlPc,
            ImageBase = frame.Module.Base,
            FunctionEntry = (void*)(frame.Module.Base + frame.Function.EntryRva),
            EstablisherFrame = frame.EstablisherFrame,
            TargetIp = targetIp,
            ContextRecord = Context,
            LanguageHandler = (void*)frame.Handler,
            HandlerData = (void*)frame.HandlerData,
            ScopeIndex = scopeIndex,
        };
        return (int)_kernel.Processor.Call(new DriverRoutine(frame.Handler),
            Record, (void*)frame.EstablisherFrame, Context, dispatcher);
    }

    private void FailDisposition(UnwoundFrame frame, string what) =>
        StructuredExceptions.Fail(
            _kernel, STATUS_INVALID_DISPOSITION, frame.ControlPc, Record, Context,
            $"the exception handler {_kernel.Modules.Describe(frame.Handler)} {what}");

    // Contexts must lie on a 16-byte boundary; the size of one is a multiple of that.
    private struct Block
    {
        public CONTEXT Walk;
        public CONTEXT Here;
        public UnwindingFrame Frame;
        public EXCEPTION_RECORD Record;
    }
}
