using Iced.Intel;

namespace Hil.Machine.Traps;

/// <summary>The instructions of an image that are known to be instructions.</summary>
internal sealed class CodeWalk
{
    private readonly byte[] _image;
    private readonly RuntimeFunction[] _functions;
    private readonly HashSet<uint> _known = [];
    private readonly Queue<uint> _leaves = [];

    public CodeWalk(byte[] image, ReadOnlySpan<RuntimeFunction> functions, ReadOnlySpan<uint> entries)
    {
        _image = image;
        _functions = functions.ToArray();
        foreach (uint entry in entries)
            AddLeaf(entry);
    }

    public IEnumerable<Instruction> Instructions()
    {
        foreach (RuntimeFunction function in _functions)
        {
            foreach (Instruction instruction in Decode(function.BeginRva, function.EndRva, isLeaf: false))
                yield return instruction;
        }
        while (_leaves.TryDequeue(out uint leaf))
        {
            foreach (Instruction instruction in Decode(leaf, EndOfGap(leaf), isLeaf: true))
                yield return instruction;
        }
    }

    // A leaf function has no known end: it is followed to where control cannot go on.
    private IEnumerable<Instruction> Decode(uint begin, uint end, bool isLeaf)
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(_image, (int)begin, (int)(end - begin)), begin);
        while (decoder.IP < end)
        {
            Instruction instruction = decoder.Decode();
            if (instruction.IsInvalid || (isLeaf && !_known.Add((uint)instruction.IP)))
                yield break;
            yield return instruction;
            if (instruction.Op0Kind == OpKind.NearBranch64)
                AddLeaf(instruction.NearBranch64);
            if (isLeaf && instruction.FlowControl is FlowControl.Return or FlowControl.UnconditionalBranch
                or FlowControl.IndirectBranch or FlowControl.Interrupt)
                yield break;
        }
    }

    private void AddLeaf(ulong target)
    {
        if (target < (ulong)_image.Length && !IsInFunction((uint)target) && !_known.Contains((uint)target))
            _leaves.Enqueue((uint)target);
    }

    private bool IsInFunction(uint rva)
    {
        int at = FirstBehind(rva);
        return at > 0 && rva < _functions[at - 1].EndRva;
    }

    private uint EndOfGap(uint rva)
    {
        int at = FirstBehind(rva);
        return at < _functions.Length ? _functions[at].BeginRva : (uint)_image.Length;
    }

    // The table is ascending: the loader has seen to it.
    private int FirstBehind(uint rva)
    {
        int low = 0;
        int high = _functions.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_functions[middle].BeginRva <= rva)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
