using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Machine;
using Hil.Wdm;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Hil.Cli.Bench;

/// <summary>Machine code that reads one register a number of times.</summary>
internal sealed class GuestReadLoop
{
    private const nuint PageBytes = 4096;

    private readonly DriverRoutine _loop;

    public GuestReadLoop(NtKernel kernel, VirtualCpu cpu)
    {
        ulong code = kernel.Pages.Allocate(PageBytes, PageAccess.ReadExecute);
        cpu.WriteCode(code, Assemble(code));
        _loop = new DriverRoutine(code);
    }

    /// <summary>On a kernel thread.</summary>
    public void Run(int count, ulong register) => Processor.Current.Call(_loop, (ulong)count, register);

    // void loop(count in RCX, register in RDX)
    private static byte[] Assemble(ulong address)
    {
        var a = new Assembler(64);
        Label again = a.CreateLabel();
        a.Label(ref again);
        a.mov(eax, __dword_ptr[rdx]);
        a.dec(ecx);
        a.jne(again);
        a.ret();
        using var stream = new MemoryStream();
        a.Assemble(new StreamCodeWriter(stream), address);
        return stream.ToArray();
    }
}
