using System.Collections.Immutable;

namespace Hil.Trace;

/// <summary>Where registers are accessed from: gives each place its Site record.</summary>
internal sealed class TracedSites(TraceLog log, ImmutableArray<PciFunction> functions)
{
    private const int CacheEntries = 1024; // A power of two.

    private readonly Entry[] _cache = new Entry[CacheEntries];
    private int _era;

    public ulong Memory(ulong physical, int width, bool isWrite) => Find(0, physical, AccessOf(width, isWrite));

    public ulong Port(ushort port, int width, bool isWrite) =>
        Find(TraceSite.PortSpace, port, AccessOf(width, isWrite));

    public ulong Config(PciAddress address, int offset, int width, bool isWrite) =>
        Find(TraceSite.ConfigSpace, address.EcamOffset | (uint)offset, AccessOf(width, isWrite));

    private static ulong AccessOf(int width, bool isWrite) => (uint)width | (isWrite ? TraceSite.WriteAccess : 0);

    private ulong Find(ulong space, ulong address, ulong access)
    {
        if (_era != log.Era.Number)
            FollowEra();
        ulong rip = log.DriverRip;
        ulong hash = (rip * 0x9E3779B97F4A7C15) ^ (address * 0xC2B2AE3D27D4EB4F) ^ (access << 40) ^ (space << 50);
        ref Entry entry = ref _cache[(hash >> 32) & (CacheEntries - 1)];
        if (entry.Rip != rip || entry.Address != address || entry.Access != access || entry.Space != space
            || !entry.IsUsed)
            entry = new Entry(rip, space, address, access, true, Define(rip, space, address, access));
        return entry.Id;
    }

    private void FollowEra()
    {
        _era = log.Era.Number;
        Array.Clear(_cache);
    }

    private ulong Define(ulong rip, ulong space, ulong address, ulong access)
    {
        (string device, ulong bar, ulong offset) = Locate(space, address);
        return log.DefineSite(new TraceSite(
            rip, space, address, access, log.DefineString(device), bar, offset, log.DefineString(log.PlaceOf(rip))));
    }

    private (string Device, ulong Bar, ulong Offset) Locate(ulong space, ulong address)
    {
        foreach (PciFunction function in functions)
        {
            if (space == TraceSite.ConfigSpace)
            {
                if (function.Address.EcamOffset == (address & ~0xFFFUL))
                    return (NameOf(function), TraceSite.NoBar, address & 0xFFF);
                continue;
            }
            foreach (PciBar bar in function.Bars)
            {
                if ((bar.Kind == PciBarKind.Io) == (space == TraceSite.PortSpace) && address - bar.Address < bar.Bytes)
                    return (NameOf(function), (ulong)bar.Index, address - bar.Address);
            }
        }
        return ("", TraceSite.NoBar, address);
    }

    private static string NameOf(PciFunction function) =>
        $"{function.Address} {function.VendorId:x4}:{function.DeviceId:x4}";

    private readonly record struct Entry(
        ulong Rip, ulong Space, ulong Address, ulong Access, bool IsUsed, ulong Id);
}
