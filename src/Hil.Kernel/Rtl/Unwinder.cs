namespace Hil.Kernel;

// Takes one frame off a driver's stack, as the x64 calling convention lays down (Microsoft: "x64 exception handling").
// A function without an entry in .pdata is a leaf: its return address is at RSP. In an epilogue the rest of its
// instructions are carried out; anywhere else the unwind codes of what the prologue has done so far are undone.
// Everything read here belongs to the driver, so every address is checked and damage ends the walk.

/// <summary>One frame of a driver's stack and who handles exceptions in it.</summary>
/// <param name="ControlPc">The address in the frame's function: where it faulted, or where its call returns to.</param>
/// <param name="EstablisherFrame">What the function's handlers know the frame by.</param>
/// <param name="Handler">Address of the language handler that applies here, or 0.</param>
/// <param name="HandlerData">Address of what the compiler laid down for it.</param>
internal readonly record struct UnwoundFrame(
    ulong ControlPc, LoadedModule Module, RuntimeFunction Function, ulong EstablisherFrame, ulong Handler,
    ulong HandlerData);

/// <summary>Walks driver stacks.</summary>
internal static unsafe class Unwinder
{
    /// <summary>A chain of unwind information is as long as a function has separated parts.</summary>
    private const int ChainMax = 32;

    private const int Rsp = 4;

    /// <summary>Replaces the registers by the caller's. False when the frame is no driver's or makes no
    /// sense.</summary>
    /// <param name="wanted">Which kind of handler the caller wants to know of; None for a plain walk.</param>
    /// <param name="saved">Gets where registers were saved; may be null.</param>
    public static bool TryUnwind(
        NtKernel kernel, CONTEXT* context, UnwindFlags wanted, out UnwoundFrame frame,
        KNONVOLATILE_CONTEXT_POINTERS* saved = null)
    {
        frame = default;
        ulong pc = context->Rip;
        LoadedModule? module = kernel.Modules.Find(pc);
        if (module == null)
            return false;
        uint rva = (uint)(pc - module.Base);
        if (!module.TryFindFunction(rva, out RuntimeFunction function))
        {
            frame = new UnwoundFrame(pc, module, default, context->Rsp, 0, 0);
            module.RestoreInLeaf(rva, context);
            return TryPopReturnAddress(context);
        }
        if (!module.TryDecodeUnwind(function, out UnwindInfo info))
            return false;

        uint offset = rva - function.BeginRva;
        bool isInBody = offset >= info.PrologSize || info.IsChained;
        ulong establisher = EstablisherOf(context, info, offset, isInBody);
        if (isInBody && Epilogue.TryFinish(context, module, function, info, saved))
        {
            frame = new UnwoundFrame(pc, module, function, establisher, 0, 0);
            return true;
        }
        bool hasHandler = isInBody && (info.Flags & wanted) != 0 && info.HandlerRva != 0;
        frame = new UnwoundFrame(pc, module, function, establisher,
            hasHandler ? module.Base + info.HandlerRva : 0, hasHandler ? module.Base + info.HandlerDataRva : 0);
        return TryUndoPrologue(context, module, info, establisher, isInBody ? uint.MaxValue : offset, saved);
    }

    /// <summary>Reads a word of driver memory.</summary>
    public static bool TryRead(ulong address, out ulong value)
    {
        bool isReadable = PointerCheck.IsReadable(address, sizeof(ulong));
        // SAFETY: the range was just found mapped; stacks need not be aligned once they are damaged.
        value = isReadable ? System.Runtime.CompilerServices.Unsafe.ReadUnaligned<ulong>((void*)address) : 0;
        return isReadable;
    }

    // A frame pointer counts once the prologue has set it.
    private static ulong EstablisherOf(CONTEXT* context, UnwindInfo info, uint offset, bool isInBody)
    {
        if (info.FrameRegister == 0)
            return context->Rsp;
        bool isSet = isInBody;
        foreach (UnwindCode code in info.Codes)
            isSet |= code.Operation == UnwindOperation.SetFrameRegister && code.PrologOffset <= offset;
        return isSet ? DriverContext.General(context, info.FrameRegister) - info.FrameOffset : context->Rsp;
    }

    private static bool TryUndoPrologue(CONTEXT* context, LoadedModule module, UnwindInfo info, ulong frameBase,
        uint doneUpTo, KNONVOLATILE_CONTEXT_POINTERS* saved)
    {
        bool hasMachineFrame = false;
        for (int chained = 0; chained < ChainMax; chained++)
        {
            foreach (UnwindCode code in info.Codes)
            {
                if (code.PrologOffset <= doneUpTo
                    && !TryUndo(context, code, info, frameBase, ref hasMachineFrame, saved))
                    return false;
            }
            if (!info.IsChained)
                return hasMachineFrame || TryPopReturnAddress(context);
            if (!module.TryDecodeUnwind(info.Chained, out info))
                return false;
            doneUpTo = uint.MaxValue; // The parent's prologue ran long before this part of the function.
        }
        return false;
    }

    private static bool TryUndo(
        CONTEXT* context, UnwindCode code, UnwindInfo info, ulong frameBase, ref bool hasMachineFrame,
        KNONVOLATILE_CONTEXT_POINTERS* saved)
    {
        switch (code.Operation)
        {
            case UnwindOperation.PushNonVolatile:
                return TryPop(context, code.Register, saved);
            case UnwindOperation.AllocateLarge or UnwindOperation.AllocateSmall:
                context->Rsp += code.Bytes;
                return true;
            case UnwindOperation.SetFrameRegister:
                context->Rsp = DriverContext.General(context, info.FrameRegister) - info.FrameOffset;
                return true;
            case UnwindOperation.SaveNonVolatile or UnwindOperation.SaveNonVolatileFar:
                NoteInteger(saved, code.Register, frameBase + code.Bytes);
                return TryRead(frameBase + code.Bytes, out DriverContext.General(context, code.Register));
            case UnwindOperation.SaveXmm128 or UnwindOperation.SaveXmm128Far:
                if (saved != null)
                    saved->FloatingContext[code.Register] = frameBase + code.Bytes;
                return TryReadXmm(frameBase + code.Bytes, ref DriverContext.Xmm(context, code.Register));
            case UnwindOperation.PushMachineFrame:
                hasMachineFrame = true;
                return TryPopMachineFrame(context, hasErrorCode: code.Register != 0);
            default:
                return true; // Epilogue descriptions: the epilogue was looked for in the code itself.
        }
    }

    private static bool TryReadXmm(ulong address, ref M128A value)
    {
        if (!TryRead(address, out ulong low) || !TryRead(address + sizeof(ulong), out ulong high))
            return false;
        value = new M128A { Low = low, High = (long)high };
        return true;
    }

    private static bool TryPopMachineFrame(CONTEXT* context, bool hasErrorCode)
    {
        ulong frame = context->Rsp + (hasErrorCode ? 8u : 0);
        return TryRead(frame, out context->Rip) && TryRead(frame + 24, out context->Rsp);
    }

    private static void NoteInteger(KNONVOLATILE_CONTEXT_POINTERS* saved, int register, ulong address)
    {
        if (saved != null)
            saved->IntegerContext[register] = address;
    }

    internal static bool TryPop(CONTEXT* context, int register, KNONVOLATILE_CONTEXT_POINTERS* saved)
    {
        if (register == Rsp || !TryRead(context->Rsp, out ulong value))
            return false;
        NoteInteger(saved, register, context->Rsp);
        context->Rsp += sizeof(ulong);
        DriverContext.General(context, register) = value;
        return true;
    }

    internal static bool TryPopReturnAddress(CONTEXT* context)
    {
        if (!TryRead(context->Rsp, out context->Rip))
            return false;
        context->Rsp += sizeof(ulong);
        return true;
    }
}
