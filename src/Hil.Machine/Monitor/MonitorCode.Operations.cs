using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using static Hil.Machine.MonitorLayout;

namespace Hil.Machine;

// Requests that run no driver code. Read32 and Write32 are quick; the others are a chain of comparisons.
internal sealed partial class MonitorCode
{
    private const uint DispatchLevel = 2;

    private void EmitQuickOperations()
    {
        Label notRead = New();
        _a.Label(ref _operations);
        _a.cmp(Byte(Cr8Shadow), DispatchLevel);
        _a.ja(_slowOperations);
        _a.mov(rdx, Qword(A));
        _a.cmp(eax, (uint)MonitorRequest.Read32);
        _a.jne(notRead);
        _a.mov(eax, __dword_ptr[rdx]);
        _a.jmp(_done);
        _a.Label(ref notRead);
        _a.cmp(eax, (uint)MonitorRequest.Write32);
        _a.jne(_slowOperations);
        _a.mov(rax, Qword(B));
        _a.mov(__dword_ptr[rdx], eax);
        _a.Label(ref _done);
        _a.mov(Qword(A), rax);
        _a.mov(Dword(Operation), MonitorExit.Done);
        EmitTurnToHost(_wait);
    }

    // Compare chains: what is here is off the hot path.
    private void EmitOperations()
    {
        Label levelSet = New();
        _a.Label(ref _slowOperations);
        // Requests of host code leave all device levels open; only Nothing sets a level of its own.
        _a.xor(ecx, ecx);
        _a.cmp(eax, (uint)MonitorRequest.Nothing);
        _a.jne(levelSet);
        _a.movzx(ecx, Byte(Irql));
        _a.Label(ref levelSet);
        _a.mov(cr8, rcx);
        _a.mov(Byte(Cr8Shadow), cl);
        _a.mov(rdx, Qword(A));
        _a.mov(rbx, Qword(B));
        When(MonitorRequest.Read8, () => _a.movzx(eax, __byte_ptr[rdx]));
        When(MonitorRequest.Read16, () => _a.movzx(eax, __word_ptr[rdx]));
        When(MonitorRequest.Read32, () => _a.mov(eax, __dword_ptr[rdx]));
        When(MonitorRequest.Read64, () => _a.mov(rax, __qword_ptr[rdx]));
        When(MonitorRequest.Write8, () => _a.mov(__byte_ptr[rdx], bl));
        When(MonitorRequest.Write16, () => _a.mov(__word_ptr[rdx], bx));
        When(MonitorRequest.Write32, () => _a.mov(__dword_ptr[rdx], ebx));
        When(MonitorRequest.Write64, () => _a.mov(__qword_ptr[rdx], rbx));
        When(MonitorRequest.In8, () => { _a.xor(eax, eax); _a.@in(al, dx); });
        When(MonitorRequest.In16, () => { _a.xor(eax, eax); _a.@in(ax, dx); });
        When(MonitorRequest.In32, () => _a.@in(eax, dx));
        When(MonitorRequest.Out8, () => { _a.mov(eax, ebx); _a.@out(dx, al); });
        When(MonitorRequest.Out16, () => { _a.mov(eax, ebx); _a.@out(dx, ax); });
        When(MonitorRequest.Out32, () => { _a.mov(eax, ebx); _a.@out(dx, eax); });
        EmitManyOperations();
        EmitPolls();
        When(MonitorRequest.WriteBatch, EmitWriteBatch);
        When(MonitorRequest.WriteCode, EmitWriteCode);
        _a.jmp(_done);
    }

    private void When(MonitorRequest request, Action body)
    {
        Label next = New();
        _a.cmp(eax, (uint)request);
        _a.jne(next);
        body();
        _a.jmp(_done);
        _a.Label(ref next);
    }

    private void EmitManyOperations()
    {
        void Transfer(MonitorRequest request, bool toBuffer, Action move) => When(request, () =>
        {
            _a.mov(rcx, rbx);
            if (toBuffer)
            {
                _a.mov(rsi, rdx);
                _a.mov(rdi, unchecked((long)(MachineLayout.MonitorData + MonitorLayout.Buffer)));
            }
            else
            {
                _a.mov(rdi, rdx);
                _a.mov(rsi, unchecked((long)(MachineLayout.MonitorData + MonitorLayout.Buffer)));
            }
            move();
        });
        Transfer(MonitorRequest.ReadMany8, true, () => _a.rep.movsb());
        Transfer(MonitorRequest.ReadMany16, true, () => _a.rep.movsw());
        Transfer(MonitorRequest.ReadMany32, true, () => _a.rep.movsd());
        Transfer(MonitorRequest.ReadMany64, true, () => _a.rep.movsq());
        Transfer(MonitorRequest.WriteMany8, false, () => _a.rep.movsb());
        Transfer(MonitorRequest.WriteMany16, false, () => _a.rep.movsw());
        Transfer(MonitorRequest.WriteMany32, false, () => _a.rep.movsd());
        Transfer(MonitorRequest.WriteMany64, false, () => _a.rep.movsq());
        Transfer(MonitorRequest.InMany8, true, () => _a.rep.insb());
        Transfer(MonitorRequest.InMany16, true, () => _a.rep.insw());
        Transfer(MonitorRequest.InMany32, true, () => _a.rep.insd());
        Transfer(MonitorRequest.OutMany8, false, () => _a.rep.outsb());
        Transfer(MonitorRequest.OutMany16, false, () => _a.rep.outsw());
        Transfer(MonitorRequest.OutMany32, false, () => _a.rep.outsd());
    }

    private void EmitPolls()
    {
        void Poll(MonitorRequest request, Action read) => When(request, () =>
        {
            Label again = New();
            Label found = New();
            Label end = New();
            _a.mov(rsi, Qword(C));
            _a.mov(rcx, Qword(D));
            _a.Label(ref again);
            read();
            _a.and(rax, rbx);
            _a.cmp(rax, rsi);
            _a.je(found);
            _a.dec(rcx);
            _a.jg(again);
            _a.xor(eax, eax);
            _a.jmp(end);
            _a.Label(ref found);
            _a.mov(eax, 1);
            _a.Label(ref end);
        });
        Poll(MonitorRequest.Poll8, () => _a.movzx(eax, __byte_ptr[rdx]));
        Poll(MonitorRequest.Poll16, () => _a.movzx(eax, __word_ptr[rdx]));
        Poll(MonitorRequest.Poll32, () => _a.mov(eax, __dword_ptr[rdx]));
        Poll(MonitorRequest.Poll64, () => _a.mov(rax, __qword_ptr[rdx]));
    }

    private void EmitWriteBatch()
    {
        Label next = New();
        Label wide = New();
        Label dword = New();
        Label word = New();
        Label stored = New();
        _a.mov(ecx, edx);
        _a.mov(rsi, unchecked((long)(MachineLayout.MonitorData + MonitorLayout.Buffer)));
        _a.Label(ref next);
        _a.mov(rdi, __qword_ptr[rsi]);
        _a.mov(rbx, __qword_ptr[rsi + 8]);
        _a.mov(eax, __dword_ptr[rsi + 16]);
        _a.cmp(eax, 4);
        _a.je(dword);
        _a.ja(wide);
        _a.cmp(eax, 2);
        _a.je(word);
        _a.mov(__byte_ptr[rdi], bl);
        _a.jmp(stored);
        _a.Label(ref word);
        _a.mov(__word_ptr[rdi], bx);
        _a.jmp(stored);
        _a.Label(ref wide);
        _a.mov(__qword_ptr[rdi], rbx);
        _a.jmp(stored);
        _a.Label(ref dword);
        _a.mov(__dword_ptr[rdi], ebx);
        _a.Label(ref stored);
        _a.add(rsi, 24);
        _a.dec(ecx);
        _a.jne(next);
    }

    // Only a store by the guest makes TCG drop its translation of the bytes.
    private void EmitWriteCode()
    {
        const int WriteProtect = 0x10000;
        _a.mov(r8, cr0);
        _a.mov(r9, r8);
        _a.and(r9, ~WriteProtect);
        _a.mov(cr0, r9);
        _a.mov(rdi, rdx);
        _a.mov(rcx, rbx);
        _a.mov(rsi, unchecked((long)(MachineLayout.MonitorData + MonitorLayout.Buffer)));
        _a.rep.movsb();
        _a.mov(cr0, r8);
    }
}
