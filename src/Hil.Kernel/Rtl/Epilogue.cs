namespace Hil.Kernel;

// x64 epilogues are recognised by their instructions: at most one add to RSP (or lea from the frame pointer), pops of
// saved registers, then a return or a jump out of the function. Code that matches is an epilogue, by the convention's
// own rule.

/// <summary>Carries out what is left of an epilogue.</summary>
internal unsafe ref struct Epilogue
{
    private const int BytesMax = 96; // Longer than eight pops, an adjustment and a jump can be.
    private const int Rsp = 4;

    private readonly CONTEXT* _context;
    private readonly ReadOnlySpan<byte> _code;
    private readonly KNONVOLATILE_CONTEXT_POINTERS* _saved;
    private int _at;

    private Epilogue(CONTEXT* context, ReadOnlySpan<byte> code, KNONVOLATILE_CONTEXT_POINTERS* saved)
    {
        _saved = saved;
        _context = context;
        _code = code;
    }

    /// <summary>False, and nothing changed, when RIP is not in an epilogue.</summary>
    public static bool TryFinish(
        CONTEXT* context, LoadedModule module, RuntimeFunction function, UnwindInfo info,
        KNONVOLATILE_CONTEXT_POINTERS* saved)
    {
        ulong end = module.Base + function.EndRva;
        int length = (int)Math.Min(end - context->Rip, BytesMax);
        if (length <= 0 || !PointerCheck.IsReadable(context->Rip, (ulong)length))
            return false;
        CONTEXT result = *context;
        // SAFETY: the bytes lie in a mapped image; the copy of the registers lives on this stack frame.
        var epilogue = new Epilogue(&result, new ReadOnlySpan<byte>((void*)context->Rip, length), saved);
        if (!epilogue.TryRun(module.Base + function.BeginRva, end, info.FrameRegister))
            return false;
        *context = result;
        return true;
    }

    private bool TryRun(ulong begin, ulong end, int frameRegister)
    {
        TakeAdjustment(frameRegister);
        while (TryTakePop(out int register))
        {
            if (!Unwinder.TryPop(_context, register, _saved))
                return false;
        }
        return IsLeaving(begin, end) && Unwinder.TryPopReturnAddress(_context);
    }

    private readonly byte Peek(int offset) => _at + offset < _code.Length ? _code[_at + offset] : (byte)0xCC;

    private readonly int PeekInt32(int offset) =>
        Peek(offset) | Peek(offset + 1) << 8 | Peek(offset + 2) << 16 | Peek(offset + 3) << 24;

    // add rsp, imm8 | add rsp, imm32 | lea rsp, [frame + disp8] | lea rsp, [frame + disp32]
    private void TakeAdjustment(int frameRegister)
    {
        if (Peek(0) == 0x48 && Peek(1) is 0x83 or 0x81 && Peek(2) == 0xC4)
        {
            bool isShort = Peek(1) == 0x83;
            _context->Rsp += (ulong)(isShort ? (sbyte)Peek(3) : PeekInt32(3));
            _at += isShort ? 4 : 7;
        }
        else if (frameRegister != 0 && Peek(0) == (frameRegister >= 8 ? 0x49 : 0x48) && Peek(1) == 0x8D
            && (Peek(2) & 0x3F) == (Rsp << 3 | frameRegister & 7) && Peek(2) >> 6 is 1 or 2)
        {
            bool isShort = Peek(2) >> 6 == 1;
            int displacement = isShort ? (sbyte)Peek(3) : PeekInt32(3);
            _context->Rsp = DriverContext.General(_context, frameRegister) + (ulong)displacement;
            _at += isShort ? 4 : 7;
        }
    }

    private bool TryTakePop(out int register)
    {
        bool isExtended = Peek(0) == 0x41;
        byte opcode = Peek(isExtended ? 1 : 0);
        register = (opcode & 7) + (isExtended ? 8 : 0);
        if (opcode is < 0x58 or > 0x5F)
            return false;
        _at += isExtended ? 2 : 1;
        return true;
    }

    // ret | rep ret | ret imm16 | jmp out of the function | jmp [memory]
    private readonly bool IsLeaving(ulong begin, ulong end)
    {
        byte opcode = Peek(0);
        if (opcode is 0xC3 or 0xC2 || (opcode == 0xF3 && Peek(1) == 0xC3))
            return true;
        if (opcode is 0xEB or 0xE9)
        {
            int length = opcode == 0xEB ? 2 : 5;
            int displacement = opcode == 0xEB ? (sbyte)Peek(1) : PeekInt32(1);
            ulong target = _context->Rip + (ulong)(_at + length + displacement);
            return target < begin || target >= end;
        }
        int prefix = opcode == 0x48 ? 1 : 0;
        return Peek(prefix) == 0xFF && Peek(prefix + 1) == 0x25;
    }
}
