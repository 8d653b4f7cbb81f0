using System.Buffers.Binary;

namespace Hil.Kernel.Tests;

/// <summary>Devices at physical addresses and ports, and configuration spaces; all ones where nothing is.</summary>
public sealed class TestBus : IBus
{
    private const int ConfigBytes = 4096;

    private readonly List<(ulong Start, ulong Bytes, ITestDevice Device)> _memory = [];
    private readonly List<(ulong Start, ulong Bytes, ITestDevice Device)> _ports = [];
    private readonly Dictionary<PciAddress, byte[]> _config = [];

    /// <summary>Writes to configuration spaces, in order.</summary>
    public List<(int Offset, int Width)> ConfigWrites { get; } = [];

    public void AddMemory(ulong physical, ulong bytes, ITestDevice device) => _memory.Add((physical, bytes, device));

    public void AddPorts(ushort port, ushort count, ITestDevice device) => _ports.Add((port, count, device));

    /// <summary>Configuration space of a function, made when it is first asked for. Writes are plain stores.</summary>
    public byte[] Config(PciAddress address)
    {
        if (!_config.TryGetValue(address, out byte[]? space))
            _config.Add(address, space = new byte[ConfigBytes]);
        return space;
    }

    public ulong ReadMemory(ulong physical, int width) => Read(_memory, physical, width);

    public void WriteMemory(ulong physical, int width, ulong value) => Write(_memory, physical, width, value);

    public uint ReadPort(ushort port, int width) => (uint)Read(_ports, port, width);

    public void WritePort(ushort port, int width, uint value) => Write(_ports, port, width, value);

    public uint ReadConfig(PciAddress address, int offset, int width)
    {
        if (!_config.TryGetValue(address, out byte[]? space))
            return uint.MaxValue >> (32 - width * 8);
        return (uint)Get(space.AsSpan(offset, width));
    }

    public void WriteConfig(PciAddress address, int offset, int width, uint value)
    {
        ConfigWrites.Add((offset, width));
        if (_config.TryGetValue(address, out byte[]? space))
            Put(space.AsSpan(offset, width), value);
    }

    public void ReadMemory(ulong physical, Span<byte> destination, int width)
    {
        for (int i = 0; i < destination.Length; i += width)
            Put(destination.Slice(i, width), ReadMemory(physical + (ulong)i, width));
    }

    public void WriteMemory(ulong physical, ReadOnlySpan<byte> source, int width)
    {
        for (int i = 0; i < source.Length; i += width)
            WriteMemory(physical + (ulong)i, width, Get(source.Slice(i, width)));
    }

    public void ReadPort(ushort port, Span<byte> destination, int width)
    {
        for (int i = 0; i < destination.Length; i += width)
            Put(destination.Slice(i, width), ReadPort(port, width));
    }

    public void WritePort(ushort port, ReadOnlySpan<byte> source, int width)
    {
        for (int i = 0; i < source.Length; i += width)
            WritePort(port, width, (uint)Get(source.Slice(i, width)));
    }

    public void PostMemory(ulong physical, int width, ulong value) => WriteMemory(physical, width, value);

    public void Flush()
    {
    }

    public bool Poll(ulong physical, int width, ulong mask, ulong expected, int readsMax)
    {
        for (int i = 0; i < readsMax; i++)
        {
            if ((ReadMemory(physical, width) & mask) == expected)
                return true;
        }
        return false;
    }

    private static ulong Read(List<(ulong Start, ulong Bytes, ITestDevice Device)> ranges, ulong at, int width)
    {
        foreach ((ulong start, ulong bytes, ITestDevice device) in ranges)
        {
            if (at - start < bytes)
                return device.Read(at - start, width);
        }
        return ulong.MaxValue >> (64 - width * 8);
    }

    private static void Write(
        List<(ulong Start, ulong Bytes, ITestDevice Device)> ranges, ulong at, int width, ulong value)
    {
        foreach ((ulong start, ulong bytes, ITestDevice device) in ranges)
        {
            if (at - start < bytes)
                device.Write(at - start, width, value);
        }
    }

    private static ulong Get(ReadOnlySpan<byte> bytes)
    {
        Span<byte> wide = stackalloc byte[8];
        wide.Clear();
        bytes.CopyTo(wide);
        return BinaryPrimitives.ReadUInt64LittleEndian(wide);
    }

    private static void Put(Span<byte> bytes, ulong value)
    {
        Span<byte> wide = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(wide, value);
        wide[..bytes.Length].CopyTo(bytes);
    }
}
