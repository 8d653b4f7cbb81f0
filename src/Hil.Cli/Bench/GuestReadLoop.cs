using Hil.Kernel;
using Hil.Machine;
using Hil.Wdm;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Hil.Cli.Bench;

/// <summary>Machine code that reads one register a number of times.</summary>
internal sealed class GuestReadLoop
{
    private readonly DriverRoutine _loop;

    public GuestReadLoop(NtKernel kernel, VirtualCpu cpu) => _loop = GuestCode.Place(kernel, cpu, Emit);

    /// <summary>On a kernel thread.</summary>
    public void Run(int count, ulong register) => Processor.Current.Call(_loop, (ulong)count, register);

    // void loop(count in RCX, register in RDX)
    private static void Emit(Assembler a)
    {
        Label again = a.CreateLabel();
        a.Label(ref again);
        a.mov(eax, __dword_ptr[rdx]);
        a.dec(ecx);
        a.jne(again);
        a.ret();
    }
}
