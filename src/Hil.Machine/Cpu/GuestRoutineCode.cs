using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Hil.Machine;

// Exports that need no host: they run where the driver runs, so they cost no crossing, obey the guest's page protection
// and work on device memory. What they cannot decide (a lock that is held, a wrong direction) they leave to the host's
// export of the same name, by jumping to its import stub with the arguments untouched. Where the stubs are is known at
// run time only, so these jumps go through slots behind the code; all else is relative.

/// <summary>Assembles the memory and IRQL routines. Only a test does: starting Iced takes longer than QEMU's
/// boot.</summary>
internal sealed class GuestRoutineCode
{
    private const uint DispatchLevel = 2;

    private readonly Assembler _a = new(64);
    private readonly List<(string Name, Label Label)> _entries = [];
    private readonly Dictionary<string, Label> _hostJumps = new(StringComparer.Ordinal);
    private readonly List<(string Name, Label Label)> _hostSlots = [];

    private GuestRoutineCode()
    {
        EmitMemory();
        EmitCheckStack();
        EmitIrql();
        EmitSpinLocks();
        EmitRemoveLocks();
        EmitCaptureContext();
        EmitHostJumps();
    }

    /// <summary>The routines, always the same bytes.</summary>
    public static GuestRoutineImage Build() => new GuestRoutineCode().Assemble();

    private GuestRoutineImage Assemble()
    {
        using var stream = new MemoryStream();
        AssemblerResult result = _a.Assemble(
            new StreamCodeWriter(stream), 0, BlockEncoderOptions.ReturnNewInstructionOffsets);
        return new GuestRoutineImage(Names(_entries), Names(_hostSlots), stream.ToArray());

        GuestRoutineName[] Names(List<(string Name, Label Label)> places) =>
            [.. places.Select(place => new GuestRoutineName(place.Name, (int)result.GetLabelRIP(place.Label)))];
    }

    private void Begin(params ReadOnlySpan<string> names)
    {
        Label label = _a.CreateLabel();
        _a.Label(ref label);
        foreach (string name in names)
            _entries.Add((name, label));
    }

    // void* memcpy(void* to, const void* from, size_t bytes), and memmove, which may overlap.
    private void EmitMemory()
    {
        Label backward = _a.CreateLabel();
        Begin("memcpy", "memmove", "RtlMoveMemory", "RtlCopyMemory");
        _a.mov(rax, rcx);
        _a.mov(r10, rdi);
        _a.mov(r11, rsi);
        _a.mov(rdi, rcx);
        _a.mov(rsi, rdx);
        _a.mov(rdx, rdi);
        _a.sub(rdx, rsi);
        _a.cmp(rdx, r8);
        _a.jb(backward); // the destination begins inside the source
        _a.mov(rcx, r8);
        _a.shr(rcx, 3);
        _a.rep.movsq();
        _a.mov(rcx, r8);
        _a.and(ecx, 7);
        _a.rep.movsb();
        _a.mov(rdi, r10);
        _a.mov(rsi, r11);
        _a.ret();
        _a.Label(ref backward);
        _a.mov(rcx, r8);
        _a.lea(rdi, __[rdi + r8 - 1]);
        _a.lea(rsi, __[rsi + r8 - 1]);
        _a.std();
        _a.rep.movsb();
        _a.cld();
        _a.mov(rdi, r10);
        _a.mov(rsi, r11);
        _a.ret();
        EmitFill();
        EmitCompare();
    }

    private void EmitFill()
    {
        Label fill = _a.CreateLabel();
        Begin("memset");
        _a.xchg(rdx, r8); // as RtlFillMemory: bytes, then value
        _a.jmp(fill);
        Begin("RtlZeroMemory");
        _a.xor(r8d, r8d);
        _a.jmp(fill);
        Begin("RtlFillMemory");
        _a.nop();
        _a.Label(ref fill);
        _a.mov(r9, rcx);
        _a.mov(r10, rdi);
        _a.mov(rdi, rcx);
        _a.movzx(eax, r8b);
        _a.mov(r11, 0x0101010101010101);
        _a.imul(rax, r11);
        _a.mov(rcx, rdx);
        _a.shr(rcx, 3);
        _a.rep.stosq();
        _a.mov(rcx, rdx);
        _a.and(ecx, 7);
        _a.rep.stosb();
        _a.mov(rdi, r10);
        _a.mov(rax, r9);
        _a.ret();
    }

    private void EmitCompare()
    {
        Label loop = _a.CreateLabel();
        Label end = _a.CreateLabel();
        Begin("RtlCompareMemory"); // SIZE_T: how many bytes are equal
        _a.xor(eax, eax);
        _a.Label(ref loop);
        _a.cmp(rax, r8);
        _a.jae(end);
        _a.movzx(r9d, __byte_ptr[rcx + rax]);
        _a.cmp(r9b, __byte_ptr[rdx + rax]);
        _a.jne(end);
        _a.inc(rax);
        _a.jmp(loop);
        _a.Label(ref end);
        _a.ret();

        Label next = _a.CreateLabel();
        Label equal = _a.CreateLabel();
        Begin("memcmp");
        _a.xor(r11d, r11d);
        _a.Label(ref next);
        _a.cmp(r11, r8);
        _a.jae(equal);
        _a.movzx(eax, __byte_ptr[rcx + r11]);
        _a.movzx(r9d, __byte_ptr[rdx + r11]);
        _a.inc(r11);
        _a.sub(eax, r9d);
        _a.je(next);
        _a.ret();
        _a.Label(ref equal);
        _a.xor(eax, eax);
        _a.ret();
    }

    // Microsoft's compiler calls it before it makes a frame of a page or more, with the frame's bytes in RAX; no
    // register may change. A stack that is too small faults here, at its first page that is missing.
    private void EmitCheckStack()
    {
        Label next = _a.CreateLabel();
        Label last = _a.CreateLabel();
        Begin(GuestRoutineModule.CheckStack);
        _a.sub(rsp, GuestRoutineModule.CheckStackFrame);
        _a.mov(__qword_ptr[rsp], r10);
        _a.mov(__qword_ptr[rsp + 8], r11);
        _a.lea(r11, __[rsp + GuestRoutineModule.CheckStackFrame + 8]); // what RSP is after the return
        _a.mov(r10, r11);
        _a.sub(r10, rax);
        _a.Label(ref next);
        _a.sub(r11, (int)MachineLayout.PageBytes);
        _a.cmp(r11, r10);
        _a.jbe(last);
        _a.test(__byte_ptr[r11], r11b);
        _a.jmp(next);
        _a.Label(ref last);
        _a.test(__byte_ptr[r10], r10b);
        _a.mov(r10, __qword_ptr[rsp]);
        _a.mov(r11, __qword_ptr[rsp + 8]);
        _a.add(rsp, GuestRoutineModule.CheckStackFrame);
        _a.ret();
    }

    private void EmitIrql()
    {
        Begin("KeGetCurrentIrql");
        _a.mov(rax, cr8);
        _a.ret();

        Label same = _a.CreateLabel();
        Begin("KfRaiseIrql");
        _a.mov(rax, cr8);
        _a.movzx(edx, cl);
        _a.cmp(edx, eax);
        JumpBelowToHost("KfRaiseIrql");
        _a.je(same);
        _a.mov(cr8, rdx);
        _a.Label(ref same);
        _a.ret();

        Begin("KeRaiseIrqlToDpcLevel");
        EmitDispatchLevelAtMost("KeRaiseIrqlToDpcLevel");
        _a.mov(edx, DispatchLevel);
        _a.mov(cr8, rdx);
        _a.ret();

        Begin("KeLowerIrql", "KfLowerIrql");
        _a.mov(rax, cr8);
        _a.movzx(edx, cl);
        _a.cmp(edx, eax);
        JumpAboveToHost("KeLowerIrql");
        _a.mov(cr8, rdx);
        _a.ret();
    }

    // A lock word is 0 when free. With one processor a held lock is never released while we wait: the host reports it.
    private void EmitSpinLocks()
    {
        Label raised = _a.CreateLabel();
        Begin("KeAcquireSpinLockRaiseToDpc", "KfAcquireSpinLock");
        EmitDispatchLevelAtMost("KeAcquireSpinLockRaiseToDpc");
        _a.cmp(__qword_ptr[rcx], 0);
        JumpNotEqualToHost("KeAcquireSpinLockRaiseToDpc");
        _a.cmp(eax, DispatchLevel);
        _a.je(raised);
        _a.mov(edx, DispatchLevel);
        _a.mov(cr8, rdx);
        _a.Label(ref raised);
        _a.mov(__qword_ptr[rcx], 1);
        _a.ret();

        Label lowered = _a.CreateLabel();
        Begin("KeReleaseSpinLock", "KfReleaseSpinLock");
        _a.cmp(__qword_ptr[rcx], 0);
        JumpEqualToHost("KeReleaseSpinLock");
        _a.mov(rax, cr8);
        _a.movzx(r8d, dl);
        _a.cmp(r8d, eax);
        JumpAboveToHost("KeReleaseSpinLock");
        _a.mov(__qword_ptr[rcx], 0);
        _a.je(lowered);
        _a.mov(cr8, r8);
        _a.Label(ref lowered);
        _a.ret();

        Begin("KeAcquireSpinLockAtDpcLevel");
        _a.cmp(__qword_ptr[rcx], 0);
        JumpNotEqualToHost("KeAcquireSpinLockAtDpcLevel");
        _a.mov(__qword_ptr[rcx], 1);
        _a.ret();

        Begin("KeReleaseSpinLockFromDpcLevel");
        _a.cmp(__qword_ptr[rcx], 0);
        JumpEqualToHost("KeReleaseSpinLockFromDpcLevel");
        _a.mov(__qword_ptr[rcx], 0);
        _a.ret();
    }

    // IO_REMOVE_LOCK: Removed at 0, IoCount at 4. What is being removed, and a count that reaches zero, is the host's.
    private void EmitRemoveLocks()
    {
        Begin("IoAcquireRemoveLockEx");
        _a.cmp(__byte_ptr[rcx], 0);
        JumpNotEqualToHost("IoAcquireRemoveLockEx");
        EmitDispatchLevelAtMost("IoAcquireRemoveLockEx");
        _a.inc(__dword_ptr[rcx + 4]);
        _a.xor(eax, eax);
        _a.ret();

        Begin("IoReleaseRemoveLockEx");
        _a.cmp(__dword_ptr[rcx + 4], 1);
        JumpLessOrEqualToHost("IoReleaseRemoveLockEx");
        EmitDispatchLevelAtMost("IoReleaseRemoveLockEx");
        _a.dec(__dword_ptr[rcx + 4]);
        _a.ret();
    }

    // void RtlCaptureContext(CONTEXT*): the registers as they are after the call. The offsets are CONTEXT's.
    private void EmitCaptureContext()
    {
        const uint FullAndSegments = 0x0010_000F;
        Begin("RtlCaptureContext");
        _a.mov(__qword_ptr[rcx + 0x78], rax);
        _a.pushfq();
        _a.pop(rax);
        _a.mov(__dword_ptr[rcx + 0x44], eax);
        _a.mov(__dword_ptr[rcx + 0x30], FullAndSegments);
        _a.stmxcsr(__dword_ptr[rcx + 0x34]);
        AssemblerRegisterSegment[] segments = [cs, ds, es, fs, gs, ss];
        for (int i = 0; i < segments.Length; i++)
            _a.mov(__word_ptr[rcx + 0x38 + i * 2], segments[i]);
        AssemblerRegister64[] below = [rcx, rdx, rbx];
        for (int i = 0; i < below.Length; i++)
            _a.mov(__qword_ptr[rcx + 0x80 + i * 8], below[i]);
        AssemblerRegister64[] above = [rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];
        for (int i = 0; i < above.Length; i++)
            _a.mov(__qword_ptr[rcx + 0xA0 + i * 8], above[i]);
        _a.lea(rax, __[rsp + 8]);
        _a.mov(__qword_ptr[rcx + 0x98], rax);
        _a.mov(rax, __qword_ptr[rsp]);
        _a.mov(__qword_ptr[rcx + 0xF8], rax);
        _a.fxsave(__[rcx + 0x100]);
        _a.ret();
    }

    // IRQL into EAX; above DISPATCH_LEVEL is the host's.
    private void EmitDispatchLevelAtMost(string export)
    {
        _a.mov(rax, cr8);
        _a.cmp(eax, DispatchLevel);
        JumpAboveToHost(export);
    }

    private void JumpBelowToHost(string export) => _a.jb(HostJump(export));

    private void JumpAboveToHost(string export) => _a.ja(HostJump(export));

    private void JumpLessOrEqualToHost(string export) => _a.jle(HostJump(export));

    private void JumpEqualToHost(string export) => _a.je(HostJump(export));

    private void JumpNotEqualToHost(string export) => _a.jne(HostJump(export));

    private Label HostJump(string export)
    {
        if (!_hostJumps.TryGetValue(export, out Label jump))
            _hostJumps.Add(export, jump = _a.CreateLabel());
        return jump;
    }

    // A label learns its place when it is emitted; copies made before do not.
    private void EmitHostJumps()
    {
        foreach ((string export, Label jump) in _hostJumps)
        {
            Label here = jump;
            Label slot = _a.CreateLabel();
            _a.Label(ref here);
            _a.jmp(__qword_ptr[slot]);
            _a.Label(ref slot);
            _a.dq(0);
            _hostSlots.Add((export, slot));
        }
    }
}
