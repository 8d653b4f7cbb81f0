using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Machine;
using Hil.Wdm;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Hil.Cli.Bench;

/// <summary>Machine code that calls one export a number of times: as little driver as can make kernel calls.</summary>
internal sealed unsafe class GuestLoop
{
    private const string ExportName = "KeReadStateEvent";
    private const nuint PageBytes = 4096;

    private readonly ulong _event;
    private readonly DriverRoutine _loop;
    private readonly ulong _stub;

    public GuestLoop(NtKernel kernel, VirtualCpu cpu)
    {
        _event = kernel.Pages.Allocate(PageBytes, PageAccess.ReadWrite);
        _loop = GuestCode.Place(kernel, cpu, Emit);
        ExportTable.TryFind(ExportName, out int id);
        _stub = kernel.Gate.AddressOf((uint)id);
        Ntoskrnl.KeInitializeEvent((KEVENT*)_event, EVENT_TYPE.NotificationEvent, false);
    }

    /// <summary>Makes <paramref name="count"/> calls. On a kernel thread.</summary>
    public void Run(int count) => Processor.Current.Call(_loop, (ulong)count, _stub, _event);

    // void loop(count in RCX, export in RDX, event in R8)
    private static void Emit(Assembler a)
    {
        Label again = a.CreateLabel();
        a.push(rbx);
        a.push(rsi);
        a.push(rdi);
        a.sub(rsp, 0x20);
        a.mov(ebx, ecx);
        a.mov(rsi, rdx);
        a.mov(rdi, r8);
        a.Label(ref again);
        a.mov(rcx, rdi);
        a.call(rsi);
        a.dec(ebx);
        a.jne(again);
        a.add(rsp, 0x20);
        a.pop(rdi);
        a.pop(rsi);
        a.pop(rbx);
        a.ret();
    }
}
