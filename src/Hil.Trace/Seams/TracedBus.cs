using System.Buffers.Binary;

namespace Hil.Trace;

// Memory that a device may write is observed around each access: what the driver wrote is there before the access that
// tells the device, and what the device wrote is there when the driver goes on.
//
// The host waits some 200 ns for the answer to an access. What its record needs besides is found meanwhile (WorkAside):
// it is the same as it would be afterwards, for nothing else happens while the host waits.

/// <summary>The seam at the bus.</summary>
internal sealed class TracedBus(IBus inner, TraceLog log, TracedSites sites, TracedDma dma) : IBus
{
    private Access _awaited;
    private bool _isAwaited;
    private ulong _site;

    public ulong ReadMemory(ulong physical, int width)
    {
        dma.Observe();
        ulong value = 0;
        _awaited = new Access(physical, width, 0, IsWrite: false);
        _isAwaited = true;
        if (log.IsLive)
            value = inner.ReadMemory(physical, width);
        WorkAside();
        value = log.Exchange(TraceKind.Read, [_site, value]);
        dma.Observe();
        return value;
    }

    public void WriteMemory(ulong physical, int width, ulong value)
    {
        dma.Observe();
        _awaited = new Access(physical, width, Truncate(value, width), IsWrite: true);
        _isAwaited = true;
        try
        {
            if (log.IsLive)
                inner.WriteMemory(physical, width, value);
        }
        finally
        {
            WorkAside();
        }
        dma.Observe();
    }

    /// <summary>Does what can be done for the record of an access before its answer is there; false when there is
    /// nothing to do. For the thread that waits for it.</summary>
    public bool WorkAside()
    {
        if (!_isAwaited)
            return false;
        _isAwaited = false;
        _site = sites.Memory(_awaited.Physical, _awaited.Width, _awaited.IsWrite);
        log.Stamp();
        if (_awaited.IsWrite)
            log.Add(TraceKind.Write, [_site, _awaited.Value]);
        return true;
    }

    public uint ReadPort(ushort port, int width)
    {
        dma.Observe();
        uint value = log.IsLive ? inner.ReadPort(port, width) : 0;
        log.Tick();
        value = (uint)log.Exchange(TraceKind.Read, [sites.Port(port, width, isWrite: false), value]);
        dma.Observe();
        return value;
    }

    public void WritePort(ushort port, int width, uint value)
    {
        dma.Observe();
        log.Add(TraceKind.Write, [sites.Port(port, width, isWrite: true), Truncate(value, width)]);
        if (log.IsLive)
            inner.WritePort(port, width, value);
        dma.Observe();
    }

    public uint ReadConfig(PciAddress address, int offset, int width)
    {
        uint value = log.IsLive ? inner.ReadConfig(address, offset, width) : 0;
        return (uint)log.Exchange(TraceKind.Read, [sites.Config(address, offset, width, isWrite: false), value]);
    }

    public void WriteConfig(PciAddress address, int offset, int width, uint value)
    {
        log.Add(TraceKind.Write, [sites.Config(address, offset, width, isWrite: true), Truncate(value, width)]);
        if (log.IsLive)
            inner.WriteConfig(address, offset, width, value);
    }

    // Consecutive registers are single accesses on the trace, as they are on the bus.
    public void ReadMemory(ulong physical, Span<byte> destination, int width)
    {
        for (int at = 0; at < destination.Length; at += width)
            Store(destination[at..], width, ReadMemory(physical + (ulong)at, width));
    }

    public void WriteMemory(ulong physical, ReadOnlySpan<byte> source, int width)
    {
        for (int at = 0; at < source.Length; at += width)
            WriteMemory(physical + (ulong)at, width, Load(source[at..], width));
    }

    public void ReadPort(ushort port, Span<byte> destination, int width)
    {
        dma.Observe();
        if (log.IsLive)
            inner.ReadPort(port, destination, width);
        log.Exchange(TraceKind.ReadBlock, [sites.Port(port, width, isWrite: false)], destination);
        dma.Observe();
    }

    public void WritePort(ushort port, ReadOnlySpan<byte> source, int width)
    {
        dma.Observe();
        log.Add(TraceKind.WriteBlock, [sites.Port(port, width, isWrite: true)], source);
        if (log.IsLive)
            inner.WritePort(port, source, width);
        dma.Observe();
    }

    public void PostMemory(ulong physical, int width, ulong value) => WriteMemory(physical, width, value);

    public void Flush()
    {
        if (log.IsLive)
            inner.Flush();
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

    private readonly record struct Access(ulong Physical, int Width, ulong Value, bool IsWrite);

    private static ulong Truncate(ulong value, int width) => width == 8 ? value : value & ((1UL << (width * 8)) - 1);

    private static ulong Load(ReadOnlySpan<byte> bytes, int width) => width switch
    {
        1 => bytes[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
    };

    private static void Store(Span<byte> bytes, int width, ulong value)
    {
        switch (width)
        {
            case 1:
                bytes[0] = (byte)value;
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
                break;
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)value);
                break;
            default:
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
                break;
        }
    }
}
