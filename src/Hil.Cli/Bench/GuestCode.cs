using Hil.Kernel;
using Hil.Kernel.Platform;
using Hil.Machine;
using Hil.Wdm;
using Iced.Intel;

namespace Hil.Cli.Bench;

/// <summary>Puts a routine of a bench's own into the machine.</summary>
internal static class GuestCode
{
    private const nuint PageBytes = 4096;

    /// <summary>On a kernel thread. The routine has a page at most.</summary>
    public static DriverRoutine Place(NtKernel kernel, VirtualCpu cpu, Action<Assembler> emit)
    {
        ulong address = kernel.Pages.Allocate(PageBytes, PageAccess.ReadExecute);
        var assembler = new Assembler(64);
        emit(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        cpu.WriteCode(address, stream.ToArray());
        return new DriverRoutine(address);
    }
}
