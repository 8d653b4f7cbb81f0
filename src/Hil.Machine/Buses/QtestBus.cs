using Hil.Machine.Pci;

namespace Hil.Machine.Buses;

/// <summary>Reaches devices over a qtest socket: no monitor and no processor needed, any QEMU machine will do. Posted
/// writes travel in batches; everything else waits for its answer.</summary>
/// <param name="client">Stays the caller's to dispose.</param>
public sealed class QtestBus(QtestClient client) : IBus
{
    public ulong ReadMemory(ulong physical, int width) => client.ReadMemory(physical, width);

    public void WriteMemory(ulong physical, int width, ulong value) => client.WriteMemory(physical, width, value);

    public uint ReadPort(ushort port, int width) => client.ReadPort(port, width);

    public void WritePort(ushort port, int width, uint value) => client.WritePort(port, width, value);

    public uint ReadConfig(PciAddress address, int offset, int width) =>
        (uint)client.ReadMemory(PciEcam.AddressOf(address, offset, width), width);

    public void WriteConfig(PciAddress address, int offset, int width, uint value) =>
        client.WriteMemory(PciEcam.AddressOf(address, offset, width), width, value);

    public void ReadMemory(ulong physical, Span<byte> destination, int width) =>
        client.ReadMemory(physical, destination, width, step: width);

    public void WriteMemory(ulong physical, ReadOnlySpan<byte> source, int width)
    {
        RequireWhole(source.Length, width);
        for (; !source.IsEmpty; source = source[width..], physical += (ulong)width)
            client.PostMemory(physical, width, LittleEndian.Read(source, width));
        client.Flush();
    }

    public void ReadPort(ushort port, Span<byte> destination, int width) => client.ReadPort(port, destination, width);

    public void WritePort(ushort port, ReadOnlySpan<byte> source, int width)
    {
        RequireWhole(source.Length, width);
        for (; !source.IsEmpty; source = source[width..])
            client.PostPort(port, width, (uint)LittleEndian.Read(source, width));
        client.Flush();
    }

    public void PostMemory(ulong physical, int width, ulong value) => client.PostMemory(physical, width, value);

    public void Flush() => client.Flush();

    public bool Poll(ulong physical, int width, ulong mask, ulong expected, int readsMax)
    {
        for (int reads = 0; reads < readsMax; reads++)
        {
            if ((client.ReadMemory(physical, width) & mask) == expected)
                return true;
        }
        return false;
    }

    private static void RequireWhole(int bytes, int width)
    {
        if (bytes % width != 0)
            throw new ArgumentException($"{bytes} bytes are no whole number of {width}-byte accesses");
    }
}
