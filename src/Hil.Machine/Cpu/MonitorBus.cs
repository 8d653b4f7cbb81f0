using Hil.Machine.Pci;

namespace Hil.Machine;

/// <summary>The bus through the mailbox: the monitor performs each access on the virtual processor.</summary>
public sealed class MonitorBus(VirtualCpu cpu) : IBus
{
    public ulong ReadMemory(ulong physical, int width) =>
        cpu.Operate(MonitorRequest.Read8 + Shift(width), AddressOf(physical));

    public void WriteMemory(ulong physical, int width, ulong value) =>
        cpu.Operate(MonitorRequest.Write8 + Shift(width), AddressOf(physical), value);

    public uint ReadPort(ushort port, int width) => (uint)cpu.Operate(MonitorRequest.In8 + PortShift(width), port);

    public void WritePort(ushort port, int width, uint value) =>
        cpu.Operate(MonitorRequest.Out8 + PortShift(width), port, value);

    public uint ReadConfig(PciAddress address, int offset, int width) =>
        (uint)ReadMemory(PciEcam.AddressOf(address, offset, width), width);

    public void WriteConfig(PciAddress address, int offset, int width, uint value) =>
        WriteMemory(PciEcam.AddressOf(address, offset, width), width, value);

    public void ReadMemory(ulong physical, Span<byte> destination, int width)
    {
        while (!destination.IsEmpty)
        {
            int bytes = ChunkBytes(destination.Length, width);
            cpu.Operate(MonitorRequest.ReadMany8 + Shift(width), AddressOf(physical), (ulong)(bytes / width));
            cpu.Buffer[..bytes].CopyTo(destination);
            physical += (ulong)bytes;
            destination = destination[bytes..];
        }
    }

    public void WriteMemory(ulong physical, ReadOnlySpan<byte> source, int width)
    {
        cpu.FlushPosted();
        while (!source.IsEmpty)
        {
            int bytes = ChunkBytes(source.Length, width);
            source[..bytes].CopyTo(cpu.Buffer);
            cpu.Operate(MonitorRequest.WriteMany8 + Shift(width), AddressOf(physical), (ulong)(bytes / width));
            physical += (ulong)bytes;
            source = source[bytes..];
        }
    }

    public void ReadPort(ushort port, Span<byte> destination, int width)
    {
        while (!destination.IsEmpty)
        {
            int bytes = ChunkBytes(destination.Length, width);
            cpu.Operate(MonitorRequest.InMany8 + PortShift(width), port, (ulong)(bytes / width));
            cpu.Buffer[..bytes].CopyTo(destination);
            destination = destination[bytes..];
        }
    }

    public void WritePort(ushort port, ReadOnlySpan<byte> source, int width)
    {
        cpu.FlushPosted();
        while (!source.IsEmpty)
        {
            int bytes = ChunkBytes(source.Length, width);
            source[..bytes].CopyTo(cpu.Buffer);
            cpu.Operate(MonitorRequest.OutMany8 + PortShift(width), port, (ulong)(bytes / width));
            source = source[bytes..];
        }
    }

    public void PostMemory(ulong physical, int width, ulong value)
    {
        _ = Shift(width);
        cpu.Post(AddressOf(physical), width, value);
    }

    public void Flush() => cpu.FlushPosted();

    public bool Poll(ulong physical, int width, ulong mask, ulong expected, int readsMax) =>
        readsMax > 0
        && cpu.Operate(MonitorRequest.Poll8 + Shift(width), AddressOf(physical), mask, expected, (ulong)readsMax) != 0;

    private static ulong AddressOf(ulong physical) =>
        physical < MachineLayout.PhysicalMax
            ? MachineLayout.PhysicalMap + physical
            : throw new ArgumentOutOfRangeException(nameof(physical), $"0x{physical:x} is above 512 GB");

    private static uint Shift(int width) => width switch
    {
        1 => 0,
        2 => 1,
        4 => 2,
        8 => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(width), width, "memory accesses are 1, 2, 4 or 8 bytes wide"),
    };

    private static uint PortShift(int width) => width is 1 or 2 or 4
        ? Shift(width)
        : throw new ArgumentOutOfRangeException(nameof(width), width, "port accesses are 1, 2 or 4 bytes wide");

    private static int ChunkBytes(int bytes, int width)
    {
        if (bytes % width != 0)
            throw new ArgumentException($"{bytes} bytes are not a whole number of {width}-byte accesses");
        return Math.Min(bytes, MonitorLayout.BufferBytes);
    }
}
