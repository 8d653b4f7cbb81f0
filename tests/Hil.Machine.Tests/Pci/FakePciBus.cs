using Hil.Kernel.Platform;
using Hil.Machine.Pci;

namespace Hil.Machine.Tests.Pci;

/// <summary>Configuration spaces made of bytes: each function has values and a mask of the bits that can be
/// written.</summary>
internal sealed class FakePciBus : IBus
{
    private const uint AllOnes = uint.MaxValue;

    private readonly Dictionary<PciAddress, FakeFunction> _functions = [];

    /// <summary>Reads and writes of configuration space so far.</summary>
    public int Accesses { get; private set; }

    /// <summary>A function that answers at every address, as a hostile bridge may present it.</summary>
    public FakeFunction? Everywhere { get; set; }

    public FakeFunction Add(byte bus, byte device, byte function = 0)
    {
        var added = new FakeFunction();
        added.Set(0x00, 0x1234_5678, 4);
        _functions.Add(new PciAddress(bus, device, function), added);
        return added;
    }

    public uint ReadConfig(PciAddress address, int offset, int width)
    {
        Accesses++;
        _ = PciEcam.AddressOf(address, offset, width); // Checks the access.
        FakeFunction? function = _functions.GetValueOrDefault(address) ?? Everywhere;
        return function?.Get(offset, width) ?? AllOnes >> (32 - 8 * width);
    }

    public void WriteConfig(PciAddress address, int offset, int width, uint value)
    {
        Accesses++;
        _ = PciEcam.AddressOf(address, offset, width);
        (_functions.GetValueOrDefault(address) ?? Everywhere)?.Write(offset, value, width);
    }

    public ulong ReadMemory(ulong physical, int width) => 0x3210;

    public void WritePort(ushort port, int width, uint value)
    {
    }

    public void WriteMemory(ulong physical, int width, ulong value) => throw new NotSupportedException();

    public uint ReadPort(ushort port, int width) => throw new NotSupportedException();

    public void ReadMemory(ulong physical, Span<byte> destination, int width) => throw new NotSupportedException();

    public void WriteMemory(ulong physical, ReadOnlySpan<byte> source, int width) => throw new NotSupportedException();

    public void ReadPort(ushort port, Span<byte> destination, int width) => throw new NotSupportedException();

    public void WritePort(ushort port, ReadOnlySpan<byte> source, int width) => throw new NotSupportedException();

    public void PostMemory(ulong physical, int width, ulong value) => throw new NotSupportedException();

    public void Flush() => throw new NotSupportedException();

    public bool Poll(ulong physical, int width, ulong mask, ulong expected, int readsMax) =>
        throw new NotSupportedException();
}

/// <summary>One function's configuration space.</summary>
internal sealed class FakeFunction
{
    private readonly byte[] _values = new byte[4096];
    private readonly byte[] _writable = new byte[4096];

    /// <summary>Presets a register.</summary>
    public FakeFunction Set(int offset, uint value, int width)
    {
        for (int i = 0; i < width; i++)
            _values[offset + i] = (byte)(value >> (8 * i));
        return this;
    }

    /// <summary>Says which bits of a register can be written.</summary>
    public FakeFunction Writable(int offset, uint mask)
    {
        for (int i = 0; i < 4; i++)
            _writable[offset + i] = (byte)(mask >> (8 * i));
        return this;
    }

    /// <summary>Presets and mask of everything, as a fuzzer likes it.</summary>
    public void Fill(Random random)
    {
        random.NextBytes(_values);
        random.NextBytes(_writable);
    }

    public uint Get(int offset, int width)
    {
        uint value = 0;
        for (int i = 0; i < width; i++)
            value |= (uint)_values[offset + i] << (8 * i);
        return value;
    }

    public void Write(int offset, uint value, int width)
    {
        for (int i = 0; i < width; i++)
        {
            byte mask = _writable[offset + i];
            _values[offset + i] = (byte)((_values[offset + i] & ~mask) | ((byte)(value >> (8 * i)) & mask));
        }
    }
}
