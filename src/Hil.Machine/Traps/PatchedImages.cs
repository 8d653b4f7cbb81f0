using Iced.Intel;

namespace Hil.Machine.Traps;

// Port, clock and random instructions do not fault in ring 0, so an image is loaded with `int3` in place of their first
// bytes. What is code is known from the exception table; functions without an entry there (leaf functions) are found
// through the calls and jumps that lead to them. Everything else may be data, such as jump tables, and is left alone.

/// <summary>The stops in the loaded images.</summary>
/// <param name="patchesInterruptFlag">Also stop what opens and closes interrupts, by flag or by IRQL.</param>
internal sealed class PatchedImages(bool patchesInterruptFlag)
{
    private const byte Int3 = 0xCC;

    private readonly Dictionary<ulong, Stop> _stops = [];

    /// <summary>Patches an image before it is written to <paramref name="address"/>.</summary>
    public void Patch(
        ulong address, Span<byte> content, ReadOnlySpan<RuntimeFunction> functions, ReadOnlySpan<uint> entries)
    {
        var walk = new CodeWalk(content.ToArray(), functions, entries);
        foreach (Instruction instruction in walk.Instructions())
        {
            if (!IsStopped(instruction))
                continue;
            var rva = (int)instruction.IP;
            Instruction moved = instruction;
            moved.IP = address + instruction.IP;
            if (_stops.TryAdd(moved.IP, new Stop(moved, content[rva])))
                content[rva] = Int3;
        }
    }

    public void Forget(ulong address, ulong bytes)
    {
        foreach (ulong stop in _stops.Keys.Where(stop => stop - address < bytes).ToArray())
            _stops.Remove(stop);
    }

    /// <summary>The instruction that a stop stands for.</summary>
    public bool TryFind(ulong address, out Instruction instruction)
    {
        bool found = _stops.TryGetValue(address, out Stop stop);
        instruction = stop.Instruction;
        return found;
    }

    public void Restore(ulong address, Span<byte> code)
    {
        foreach ((ulong stop, Stop original) in _stops)
        {
            if (stop - address < (ulong)code.Length)
                code[(int)(stop - address)] = original.FirstByte;
        }
    }

    private bool IsStopped(in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.In or Mnemonic.Out or Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd
            or Mnemonic.Outsb or Mnemonic.Outsw or Mnemonic.Outsd
            or Mnemonic.Rdtsc or Mnemonic.Rdtscp or Mnemonic.Rdrand or Mnemonic.Rdseed => true,
        Mnemonic.Cli or Mnemonic.Sti or Mnemonic.Pushfq or Mnemonic.Popfq => patchesInterruptFlag,
        Mnemonic.Mov => patchesInterruptFlag && IrqlInstruction.IsStore(instruction),
        _ => false,
    };

    private readonly record struct Stop(Instruction Instruction, byte FirstByte);
}
