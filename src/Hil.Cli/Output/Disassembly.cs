using Hil.Kernel;
using Iced.Intel;

namespace Hil.Cli.Output;

/// <summary>Machine code around an address, with that line marked.</summary>
internal static class Disassembly
{
    private const int LinesBefore = 6;
    private const int LinesAfter = 4;
    private const ulong BytesBefore = 64;
    private const ulong BytesAfter = 64;

    /// <param name="rip">The faulting instruction, or the one after a call.</param>
    /// <param name="isReturnAddress">Marks the instruction before <paramref name="rip"/>: the call.</param>
    /// <returns>Nothing if no loaded driver has that address.</returns>
    public static IReadOnlyList<string> Around(NtKernel kernel, ulong rip, bool isReturnAddress)
    {
        LoadedModule? module = rip == 0 ? null : kernel.Modules.Find(rip);
        if (module == null)
            return [];
        ulong start = FindStart(module, rip);
        ulong end = Math.Min(rip + BytesAfter, module.Base + module.Bytes);
        List<Instruction> instructions = Decode(kernel, start, end);
        int marked = instructions.FindIndex(i => isReturnAddress ? i.NextIP == rip : i.IP == rip);
        if (marked < 0)
        {
            // Not in step with the code before it: begin right here.
            instructions = Decode(kernel, rip, end);
            marked = isReturnAddress ? -1 : 0;
        }
        return Format(kernel, instructions, marked);
    }

    // A function's first byte is in step; failing that, any place a little before, which x86 code soon gets in step
    // with.
    private static ulong FindStart(LoadedModule module, ulong rip)
    {
        uint rva = (uint)(rip - module.Base);
        return module.TryFindFunction(rva, out RuntimeFunction function)
            ? module.Base + function.BeginRva
            : Math.Max(module.Base, rip - BytesBefore);
    }

    private static unsafe List<Instruction> Decode(NtKernel kernel, ulong start, ulong end)
    {
        // SAFETY: the range lies in a loaded image, thus in the RAM window, which the host can always read.
        byte[] code = new ReadOnlySpan<byte>((byte*)start, (int)(end - start)).ToArray();
        kernel.Services.AccessTraps?.RestoreOriginal(start, code);
        var instructions = new List<Instruction>();
        var decoder = Decoder.Create(64, code, start);
        while (decoder.IP < end)
        {
            decoder.Decode(out Instruction instruction);
            instructions.Add(instruction);
        }
        return instructions;
    }

    private static List<string> Format(NtKernel kernel, List<Instruction> instructions, int marked)
    {
        var formatter = new IntelFormatter(new ModuleSymbols(kernel.Modules));
        formatter.Options.SpaceAfterOperandSeparator = true;
        var output = new StringOutput();
        var lines = new List<string>();
        int first = Math.Max(0, marked - LinesBefore);
        int last = Math.Min(instructions.Count - 1, Math.Max(marked, 0) + LinesAfter);
        for (int i = first; i <= last; i++)
        {
            formatter.Format(instructions[i], output);
            string place = kernel.Modules.Describe(instructions[i].IP);
            lines.Add($"{(i == marked ? "=>" : "  ")} {place,-44} {output.ToStringAndReset()}");
        }
        return lines;
    }
}
