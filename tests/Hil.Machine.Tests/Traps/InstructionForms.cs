using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Hil.Machine.Tests.Traps;

/// <summary>Instruction forms that touch a device: RBX points to it, RSI and RDI to ordinary memory. R15 is
/// taken.</summary>
internal static class InstructionForms
{
    /// <summary>Forms of 4 and 8 bytes, for registers that take no others.</summary>
    public static IReadOnlyDictionary<string, Action<Assembler>> Wide { get; } =
        new Dictionary<string, Action<Assembler>>
    {
        ["mov eax,[m]"] = a => a.mov(eax, __dword_ptr[rbx]),
        ["mov r9d,[m]"] = a => a.mov(r9d, __dword_ptr[rbx]),
        ["mov rax,[m]"] = a => a.mov(rax, __qword_ptr[rbx]),
        ["mov r14,[m]"] = a => a.mov(r14, __qword_ptr[rbx]),
        ["mov [m],ecx"] = a => a.mov(__dword_ptr[rbx], ecx),
        ["mov [m],rdx"] = a => a.mov(__qword_ptr[rbx], rdx),
        ["mov [m],imm32"] = a => a.mov(__dword_ptr[rbx], 0xCAFE0001),
        ["mov [m],simm32"] = a => a.mov(__qword_ptr[rbx], -2),
        ["mov eax,[m+r*4]"] = a =>
        {
            a.mov(r9d, 2);
            a.mov(eax, __dword_ptr[rbx + r9 * 4 - 8]);
        },
        ["movsxd rax,[m]"] = a => a.movsxd(rax, __dword_ptr[rbx]),
        ["movnti [m],eax"] = a => a.movnti(__dword_ptr[rbx], eax),
        ["movnti [m],rax"] = a => a.movnti(__qword_ptr[rbx], rax),
        ["or [m],eax"] = a => a.or(__dword_ptr[rbx], eax),
        ["and rdx,[m]"] = a => a.and(rdx, __qword_ptr[rbx]),
        ["add [m],imm8"] = a => a.add(__dword_ptr[rbx], 5),
        ["cmp [m],imm32"] = a => a.cmp(__dword_ptr[rbx], 0x12345678),
        ["test [m],imm32"] = a => a.test(__dword_ptr[rbx], 0x8001),
        ["inc [m]"] = a => a.inc(__qword_ptr[rbx]),
        ["neg [m]"] = a => a.neg(__dword_ptr[rbx]),
        ["not [m]"] = a => a.not(__dword_ptr[rbx]),
        ["shl [m],cl"] = a => a.shl(__dword_ptr[rbx], cl),
        ["imul eax,[m],imm"] = a => a.imul(eax, __dword_ptr[rbx], 7),
        ["mul [m]"] = a => a.mul(__dword_ptr[rbx]),
        ["cmovne eax,[m]"] = a => a.cmovne(eax, __dword_ptr[rbx]),
        ["cmove rax,[m]"] = a => a.cmove(rax, __qword_ptr[rbx]),
        ["xchg [m],eax"] = a => a.xchg(__dword_ptr[rbx], eax),
        ["xadd [m],eax"] = a => a.xadd(__dword_ptr[rbx], eax),
        ["lock or [m],eax"] = a => a.@lock.or(__dword_ptr[rbx], eax),
        ["lock inc [m]"] = a => a.@lock.inc(__dword_ptr[rbx]),
        ["lock xadd [m],rax"] = a => a.@lock.xadd(__qword_ptr[rbx], rax),
        ["cmpxchg unequal"] = a => a.cmpxchg(__dword_ptr[rbx], ecx),
        ["cmpxchg equal"] = a =>
        {
            a.mov(eax, __dword_ptr[rbx]);
            a.@lock.cmpxchg(__dword_ptr[rbx], ecx);
        },
        ["bt [m],imm"] = a => a.bt(__dword_ptr[rbx], 3),
        ["bts [m],imm"] = a => a.bts(__dword_ptr[rbx], 30),
        ["btr [m],eax far"] = a =>
        {
            a.mov(eax, 32 + 4);
            a.btr(__dword_ptr[rbx], eax);
        },
        ["bt [m],eax before"] = a =>
        {
            a.mov(eax, -5);
            a.bt(__dword_ptr[rbx + 8], eax);
        },
        ["push [m]; pop"] = a =>
        {
            a.push(__qword_ptr[rbx]);
            a.pop(rax);
        },
        ["pop [m]"] = a =>
        {
            a.push(rdx);
            a.pop(__qword_ptr[rbx]);
        },
        ["bsf eax,[m]"] = a => a.bsf(eax, __dword_ptr[rbx]),
        ["popcnt rax,[m]"] = a => a.popcnt(rax, __qword_ptr[rbx]),
        ["movd xmm1,[m]"] = a => a.movd(xmm1, __dword_ptr[rbx]),
        ["movd [m],xmm2"] = a => a.movd(__dword_ptr[rbx], xmm2),
        ["movq xmm7,[m]"] = a => a.movq(xmm7, __qword_ptr[rbx]),
        ["movq [m],xmm8"] = a => a.movq(__qword_ptr[rbx], xmm8),
        ["movups xmm9,[m]"] = a => a.movups(xmm9, __xmmword_ptr[rbx]),
        ["movups [m],xmm10"] = a => a.movups(__xmmword_ptr[rbx], xmm10),
        ["movdqu xmm0,[m]"] = a => a.movdqu(xmm0, __xmmword_ptr[rbx]),
        ["movdqa [m],xmm3"] = a => a.movdqa(__xmmword_ptr[rbx], xmm3),
        ["movntdq [m],xmm3"] = a => a.movntdq(__xmmword_ptr[rbx], xmm3),
        ["paddd xmm4,[m]"] = a => a.paddd(xmm4, __xmmword_ptr[rbx]),
        ["addsd xmm5,[m]"] = a => a.addsd(xmm5, __qword_ptr[rbx]),
        ["cvtsi2sd xmm1,[m]"] = a => a.cvtsi2sd(xmm1, __dword_ptr[rbx]),
        ["fild; fistp"] = a =>
        {
            a.fild(__dword_ptr[rbx]);
            a.fistp(__qword_ptr[rbx + 8]);
        },
        ["cmpxchg16b"] = a =>
        {
            // QEMU loses flags that it has not computed yet when it has to begin this one again.
            a.pushfq();
            a.popfq();
            a.cmpxchg16b(__xmmword_ptr[rbx]);
        },
        ["lodsd"] = a =>
        {
            a.mov(rsi, rbx);
            a.lodsd();
        },
        ["stosq"] = a =>
        {
            a.mov(rdi, rbx);
            a.stosq();
        },
        ["scasd"] = a =>
        {
            a.mov(rdi, rbx);
            a.scasd();
        },
        ["cmpsd"] = a =>
        {
            a.mov(rsi, rbx);
            a.cmpsd();
        },
        ["rep movsd from device"] = a =>
        {
            a.mov(rsi, rbx);
            a.mov(ecx, 4);
            a.rep.movsd();
        },
        ["rep movsq to device"] = a =>
        {
            a.mov(rdi, rbx);
            a.mov(ecx, 2);
            a.rep.movsq();
        },
        ["rep movsd backward"] = a =>
        {
            a.lea(rdi, __[rbx + 12]);
            a.lea(rsi, __[rsi + 12]);
            a.mov(ecx, 4);
            a.std();
            a.rep.movsd();
            a.cld();
        },
        ["rep movsd device to device"] = a =>
        {
            a.mov(rsi, rbx);
            a.lea(rdi, __[rbx + 8]);
            a.mov(ecx, 2);
            a.rep.movsd();
        },
        ["rep stosd"] = a =>
        {
            a.mov(rdi, rbx);
            a.mov(ecx, 4);
            a.rep.stosd();
        },
        ["rep movsd of nothing"] = a =>
        {
            a.mov(rsi, rbx);
            a.xor(ecx, ecx);
            a.rep.movsd();
        },
        ["repne scasd"] = a =>
        {
            a.mov(rdi, rbx);
            a.mov(ecx, 4);
            a.repne.scasd();
        },
        ["unaligned mov"] = a => a.mov(eax, __dword_ptr[rbx + 2]),
    };

    /// <summary>Forms of 1 and 2 bytes, and odd ones.</summary>
    public static IReadOnlyDictionary<string, Action<Assembler>> Narrow { get; } =
        new Dictionary<string, Action<Assembler>>
    {
        ["mov al,[m]"] = a => a.mov(al, __byte_ptr[rbx]),
        ["mov ah,[m]"] = a => a.mov(ah, __byte_ptr[rbx]),
        ["mov dh,[m]"] = a => a.mov(dh, __byte_ptr[rbx + 1]),
        ["mov sil,[m]"] = a => a.mov(sil, __byte_ptr[rbx]),
        ["mov r10b,[m]"] = a => a.mov(r10b, __byte_ptr[rbx]),
        ["mov cx,[m]"] = a => a.mov(cx, __word_ptr[rbx]),
        ["mov r11w,[m]"] = a => a.mov(r11w, __word_ptr[rbx]),
        ["mov [m],al"] = a => a.mov(__byte_ptr[rbx + 3], al),
        ["mov [m],ch"] = a => a.mov(__byte_ptr[rbx], ch),
        ["mov [m],dx"] = a => a.mov(__word_ptr[rbx + 2], dx),
        ["mov [m],imm8"] = a => a.mov(__byte_ptr[rbx], 0x7F),
        ["mov [m],imm16"] = a => a.mov(__word_ptr[rbx], 0x1234),
        ["movzx eax,byte"] = a => a.movzx(eax, __byte_ptr[rbx]),
        ["movzx ax,byte"] = a => a.movzx(ax, __byte_ptr[rbx]),
        ["movzx r8,word"] = a => a.movzx(r8, __word_ptr[rbx]),
        ["movsx eax,byte"] = a => a.movsx(eax, __byte_ptr[rbx + 5]),
        ["movsx rdx,byte"] = a => a.movsx(rdx, __byte_ptr[rbx + 5]),
        ["movsx cx,byte"] = a => a.movsx(cx, __byte_ptr[rbx + 5]),
        ["movsx rdx,word"] = a => a.movsx(rdx, __word_ptr[rbx + 4]),
        ["or [m],dl"] = a => a.or(__byte_ptr[rbx], dl),
        ["cmp [m],imm8"] = a => a.cmp(__byte_ptr[rbx], 1),
        ["test [m],imm8"] = a => a.test(__byte_ptr[rbx], 1),
        ["sete [m]"] = a => a.sete(__byte_ptr[rbx]),
        ["xchg [m],al"] = a => a.xchg(__byte_ptr[rbx], al),
        ["rep movsb"] = a =>
        {
            a.mov(rsi, rbx);
            a.mov(ecx, 7);
            a.rep.movsb();
        },
        ["rep stosw"] = a =>
        {
            a.mov(rdi, rbx);
            a.mov(ecx, 3);
            a.rep.stosw();
        },
        ["lodsb"] = a =>
        {
            a.mov(rsi, rbx);
            a.lodsb();
        },
        ["xlatb"] = a =>
        {
            a.mov(al, 3);
            a.xlatb();
        },
        ["pinsrw xmm1,[m],2"] = a => a.pinsrw(xmm1, __word_ptr[rbx], 2),
        ["maskmovdqu"] = a =>
        {
            a.mov(rdi, rbx);
            a.maskmovdqu(xmm6, xmm7);
        },
        ["fld tbyte; fstp tbyte"] = a =>
        {
            a.fld(__tbyte_ptr[rbx]);
            a.fstp(__tbyte_ptr[rbx + 16]);
        },
        ["mov across pages"] = a => a.mov(rax, __qword_ptr[rbx + (4096 - 3)]),
        ["mov to across pages"] = a => a.mov(__dword_ptr[rbx + (4096 - 1)], eax),
        ["movups across pages"] = a => a.movups(xmm9, __xmmword_ptr[rbx + (4096 - 5)]),
        ["movups to across pages"] = a => a.movups(__xmmword_ptr[rbx + (4096 - 5)], xmm9),
        ["call [m]"] = a =>
        {
            Label target = a.CreateLabel();
            a.lea(rax, __qword_ptr[target]);
            a.mov(__qword_ptr[rbx], rax);
            a.call(__qword_ptr[rbx]);
            a.Label(ref target);
            a.pop(rcx);
        },
        ["jmp [m]"] = a =>
        {
            Label target = a.CreateLabel();
            a.lea(rax, __qword_ptr[target]);
            a.mov(__qword_ptr[rbx], rax);
            a.jmp(__qword_ptr[rbx]);
            a.ud2();
            a.Label(ref target);
            a.nop();
        },
    };

    /// <summary>A routine that loads every register with known values, runs a form, and stores every register in the
    /// state page. RCX: state page; the device and the ordinary memory are constants.</summary>
    public static void Emit(Assembler a, Action<Assembler> form, ulong device, ulong memory)
    {
        AssemblerRegister64[] kept = [rbx, rbp, rsi, rdi, r12, r13, r14, r15];
        AssemblerRegister64[] loaded = [rax, rcx, rdx, rbp, r8, r9, r10, r11, r12, r13, r14];
        foreach (AssemblerRegister64 register in kept)
            a.push(register);
        a.mov(r15, rcx);
        for (int i = 0; i < Xmm.Length; i++)
            a.movups(Xmm[i], __xmmword_ptr[r15 + i * 16]);
        for (int i = 0; i < loaded.Length; i++)
            a.mov(loaded[i], 0x1122_3344_5566_7788UL * (ulong)(i + 1));
        a.mov(rbx, device);
        a.mov(rsi, memory);
        a.mov(rdi, memory + 0x800);
        a.mov(ecx, 3);
        a.xor(eax, 0x2040_0081); // Defined arithmetic flags.
        form(a);
        a.pushfq();
        a.mov(__qword_ptr[r15 + StateRegisters], rax);
        a.pop(__qword_ptr[r15 + StateRegisters + 8]);
        AssemblerRegister64[] stored = [rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14];
        for (int i = 0; i < stored.Length; i++)
            a.mov(__qword_ptr[r15 + StateRegisters + 16 + i * 8], stored[i]);
        for (int i = 0; i < Xmm.Length; i++)
            a.movups(__xmmword_ptr[r15 + StateXmm + i * 16], Xmm[i]);
        for (int i = kept.Length - 1; i >= 0; i--)
            a.pop(kept[i]);
        a.fninit();
        a.ret();
    }

    private const int StateXmm = 0x200;
    private const int StateRegisters = 0x400;

    private static AssemblerRegisterXMM[] Xmm { get; } =
        [xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];
}
