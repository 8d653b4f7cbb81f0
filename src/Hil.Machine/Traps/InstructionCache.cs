using System.Diagnostics.CodeAnalysis;
using Iced.Intel;

namespace Hil.Machine.Traps;

/// <summary>One decoded instruction and the bytes it was decoded from.</summary>
internal sealed class CachedInstruction
{
    private UInt128 _bytes;
    private UInt128 _mask;

    public ulong Rip { get; private set; } = ulong.MaxValue;

    public Instruction Instruction { get; private set; }

    public PlainMove Move { get; private set; }

    public bool IsOf(ulong rip, UInt128 bytes) => Rip == rip && (bytes & _mask) == _bytes;

    public void Set(ulong rip, UInt128 bytes, in Instruction instruction)
    {
        Rip = rip;
        _mask = (UInt128.One << (instruction.Length * 8)) - 1;
        _bytes = bytes & _mask;
        Instruction = instruction;
        Move = PlainMove.Of(instruction);
    }
}

/// <summary>Decoded instructions by their address. An entry is used only while memory still holds the bytes that it was
/// made of, so nobody has to say when code changes.</summary>
internal sealed unsafe class InstructionCache
{
    private const int IndexBits = 12; // Drivers have some hundred places that touch registers.

    private readonly RamWindow _ram;
    private readonly CachedInstruction?[] _entries = new CachedInstruction?[1 << IndexBits];
    private readonly Reader _reader = new();
    private readonly Decoder _decoder;

    public InstructionCache(RamWindow ram)
    {
        _ram = ram;
        _decoder = Decoder.Create(64, _reader);
    }

    /// <summary>The instruction at an address; false if that is not in the window or no instruction.</summary>
    public bool TryFind(ulong rip, [NotNullWhen(true)] out CachedInstruction? found)
    {
        found = null;
        ulong offset = rip - _ram.Base;
        if (offset >= _ram.Bytes || _ram.Bytes - offset < (ulong)sizeof(UInt128))
            return false;
        // SAFETY: 16 bytes inside the window, which the host can always read; an instruction has 15 at most.
        UInt128 bytes = *(UInt128*)rip;
        CachedInstruction entry = _entries[Index(rip)] ??= new CachedInstruction();
        if (!entry.IsOf(rip, bytes) && !TryDecode(rip, bytes, entry))
            return false;
        found = entry;
        return true;
    }

    private bool TryDecode(ulong rip, UInt128 bytes, CachedInstruction entry)
    {
        _reader.Start(bytes);
        _decoder.IP = rip;
        _decoder.Decode(out Instruction instruction);
        if (instruction.IsInvalid)
            return false;
        entry.Set(rip, bytes, instruction);
        return true;
    }

    // Multiplicative hashing (Knuth, volume 3, 6.4): neighbouring instructions get slots of their own.
    private static int Index(ulong rip) => (int)((rip * 0x9E37_79B9_7F4A_7C15) >> (64 - IndexBits));

    private sealed class Reader : CodeReader
    {
        private UInt128 _bytes;
        private int _left;

        public void Start(UInt128 bytes) => (_bytes, _left) = (bytes, sizeof(UInt128));

        public override int ReadByte()
        {
            if (_left == 0)
                return -1;
            _left--;
            var value = (byte)_bytes;
            _bytes >>= 8;
            return value;
        }
    }
}
