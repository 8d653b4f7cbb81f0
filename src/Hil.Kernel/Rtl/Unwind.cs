namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Stores the return addresses of the caller's callers.</summary>
    /// <param name="framesToSkip">Frames to leave out, the caller's own first.</param>
    /// <param name="backTraceHash">May be null; gets the sum of the addresses.</param>
    /// <returns>How many were stored; 0 when a managed driver calls.</returns>
    /// <remarks>WDK: RtlCaptureStackBackTrace.</remarks>
    [Export]
    public static ushort RtlCaptureStackBackTrace(
        uint framesToSkip, uint framesToCapture, void** backTrace, uint* backTraceHash)
    {
        IReadOnlyList<ulong> frames = NtKernel.Current.Processor.TraceStack();
        ushort count = 0;
        ulong hash = 0;
        for (uint i = framesToSkip; i < frames.Count && count < framesToCapture; i++)
        {
            *PointerCheck.Follow<ulong>(backTrace + count++, "BackTrace") = frames[(int)i];
            hash += frames[(int)i];
        }
        if (backTraceHash != null)
            *backTraceHash = (uint)hash;
        return count;
    }

    /// <summary>Stores the return addresses of the caller and its callers.</summary>
    /// <param name="flags">1 for those of user mode, of which there are none; frames to leave out, times 256.</param>
    /// <returns>How many were stored.</returns>
    /// <remarks>WDK: RtlWalkFrameChain.</remarks>
    [Export]
    public static uint RtlWalkFrameChain(void** callers, uint count, uint flags) =>
        (flags & 1) != 0 ? 0u : RtlCaptureStackBackTrace(flags >> 8, count, callers, null);

    /// <summary>Where the calling function returns to, and where its caller does; null for what there is
    /// not.</summary>
    /// <remarks>WDK: RtlGetCallersAddress.</remarks>
    [Export]
    public static void RtlGetCallersAddress(void** callersAddress, void** callersCaller)
    {
        IReadOnlyList<ulong> frames = NtKernel.Current.Processor.TraceStack();
        *callersAddress = (void*)(frames.Count > 1 ? frames[1] : 0);
        *callersCaller = (void*)(frames.Count > 2 ? frames[2] : 0);
    }

    /// <summary>Finds the image that holds an address.</summary>
    /// <returns>Its base, or null.</returns>
    /// <remarks>WDK: RtlPcToFileHeader.</remarks>
    [Export]
    public static void* RtlPcToFileHeader(void* pcValue, void** baseOfImage) =>
        *baseOfImage = (void*)(NtKernel.Current.Modules.Find((ulong)pcValue)?.Base ?? 0);

    /// <summary>Finds the exception table's entry for an address.</summary>
    /// <param name="historyTable">A cache that is not used; may be null.</param>
    /// <returns>Null in a leaf function and outside images.</returns>
    /// <remarks>WDK: RtlLookupFunctionEntry.</remarks>
    [Export]
    public static RUNTIME_FUNCTION* RtlLookupFunctionEntry(ulong controlPc, ulong* imageBase, void* historyTable)
    {
        LoadedModule? module = NtKernel.Current.Modules.Find(controlPc);
        if (module == null)
            return null;
        *imageBase = module.Base;
        bool found = module.TryFindFunction((uint)(controlPc - module.Base), out RuntimeFunction function);
        return found ? (RUNTIME_FUNCTION*)(module.Base + function.EntryRva) : null;
    }

    /// <summary>Writes the caller's registers. Compiled code gets this from a routine of the virtual processor's
    /// own.</summary>
    /// <remarks>WDK: RtlCaptureContext.</remarks>
    [Export]
    public static void RtlCaptureContext(CONTEXT* contextRecord)
    {
        *contextRecord = default;
        NtKernel kernel = NtKernel.Current;
        if (!kernel.Processor.IsServingCall)
            return; // A managed driver has no registers.
        DriverContext.Load(contextRecord, kernel.Processor.CallFrame);
        kernel.Xmm.Save(contextRecord);
    }

    /// <summary>Replaces a frame's registers by its caller's.</summary>
    /// <param name="handlerType">UNW_FLAG_EHANDLER or UNW_FLAG_UHANDLER: which kind of handler is asked for.</param>
    /// <param name="controlPc">The address in the frame's function.</param>
    /// <param name="functionEntry">What RtlLookupFunctionEntry gave for it.</param>
    /// <param name="contextPointers">May be null; gets where the registers were saved.</param>
    /// <returns>The language handler that applies there; null if there is none, and in a prologue or
    /// epilogue.</returns>
    /// <remarks>WDK: RtlVirtualUnwind. Raises STATUS_BAD_FUNCTION_TABLE for code of no image and for damaged
    /// tables.</remarks>
    [Export]
    public static void* RtlVirtualUnwind(
        uint handlerType, ulong imageBase, ulong controlPc, RUNTIME_FUNCTION* functionEntry, CONTEXT* contextRecord,
        void** handlerData, ulong* establisherFrame, KNONVOLATILE_CONTEXT_POINTERS* contextPointers)
    {
        NtKernel kernel = NtKernel.Current;
        contextRecord->Rip = controlPc;
        var wanted = (UnwindFlags)(byte)handlerType;
        if (!Unwinder.TryUnwind(kernel, contextRecord, wanted, out UnwoundFrame frame, contextPointers))
            throw new GuestRaiseException(
                STATUS_BAD_FUNCTION_TABLE,
                $"RtlVirtualUnwind was given 0x{controlPc:x}, which is in no image's function");
        *handlerData = (void*)frame.HandlerData;
        *establisherFrame = frame.EstablisherFrame;
        return (void*)frame.Handler;
    }

    /// <summary>Unwinds the stack to a frame and goes on there; returns only by an exception.</summary>
    /// <param name="exceptionRecord">What handlers are told; null for STATUS_UNWIND.</param>
    /// <param name="returnValue">RAX at the target.</param>
    /// <remarks>WDK: RtlUnwind. Raises STATUS_BAD_STACK when a managed driver calls.</remarks>
    [Export]
    public static void RtlUnwind(
        void* targetFrame, void* targetIp, EXCEPTION_RECORD* exceptionRecord, void* returnValue)
    {
        Processor processor = NtKernel.Current.Processor;
        if (!processor.IsServingCall)
            throw new GuestRaiseException(STATUS_BAD_STACK, "a managed driver has no frames to unwind");
        using var dispatch = new ExceptionDispatch(NtKernel.Current, exceptionRecord);
        DriverContext.Load(dispatch.Context, processor.CallFrame);
        if (exceptionRecord == null)
            *dispatch.Record = new EXCEPTION_RECORD
            {
                ExceptionCode = STATUS_UNWIND,
                ExceptionAddress = (void*)dispatch.Context->Rip,
            };
        if (targetFrame == null)
            dispatch.Record->ExceptionFlags |= EXCEPTION_EXIT_UNWIND;
        dispatch.UnwindFromExport((ulong)targetFrame, (ulong)targetIp, (ulong)returnValue);
    }

    /// <inheritdoc cref="RtlUnwind"/>
    /// <param name="contextRecord">Memory for the registers during the unwinding; not needed.</param>
    /// <param name="historyTable">A cache that is not used; may be null.</param>
    /// <remarks>WDK: RtlUnwindEx.</remarks>
    [Export]
    public static void RtlUnwindEx(
        void* targetFrame, void* targetIp, EXCEPTION_RECORD* exceptionRecord, void* returnValue, CONTEXT* contextRecord,
        void* historyTable) =>
        RtlUnwind(targetFrame, targetIp, exceptionRecord, returnValue);

    /// <summary>Leaves __try blocks of the calling function by a jump (return, goto), with their __finally
    /// blocks.</summary>
    /// <remarks>WDK: none; Microsoft's compiler calls it.</remarks>
    [Export(Name = "_local_unwind")]
    public static void LocalUnwind(void* frame, void* targetIp) => RtlUnwind(frame, targetIp, null, null);
}
