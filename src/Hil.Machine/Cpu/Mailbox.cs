using System.Runtime.CompilerServices;

namespace Hil.Machine;

/// <summary>The host's hand on the monitor's data: requests out, exits in. What comes in is the guest's word and is
/// checked by the caller.</summary>
internal readonly unsafe struct Mailbox(byte* data)
{
    private const uint HostsTurn = 0;
    private const uint VcpusTurn = 1;

    public bool IsHostsTurn
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref Dword(MonitorLayout.Turn)) == HostsTurn;
    }

    public bool IsVcpuSleeping => Volatile.Read(ref Dword(MonitorLayout.VcpuSleeping)) != 0;

    public bool IsReady => Volatile.Read(ref Dword(MonitorLayout.Ready)) != 0;

    public uint RingHead => Volatile.Read(ref Dword(MonitorLayout.RingHead));

    public uint Operation => Dword(MonitorLayout.Operation);

    public byte Irql => data[MonitorLayout.Irql];

    /// <summary>One of the 8-byte operands, MonitorLayout.A to F.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref ulong Operand(int offset) => ref *(ulong*)(data + offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref uint Dword(int offset) => ref *(uint*)(data + offset);

    public byte RingEntry(uint index) => data[MonitorLayout.RingEntries + (index % MonitorLayout.RingCapacity)];

    public Span<byte> Buffer => new(data + MonitorLayout.Buffer, MonitorLayout.BufferBytes);

    /// <summary>Gives the turn to the virtual processor; operands have been written. True when it sleeps and
    /// must be rung.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Post(uint operation, byte irql, byte endOfInterrupts, byte flags, byte ringSeen)
    {
        Dword(MonitorLayout.Operation) = operation;
        Dword(MonitorLayout.Irql) = irql | ((uint)endOfInterrupts << 8) | ((uint)flags << 16) | ((uint)ringSeen << 24);
        Volatile.Write(ref Dword(MonitorLayout.Turn), VcpusTurn);
        // The turn must be visible before we look whether the other side sleeps (Dekker).
        Interlocked.MemoryBarrier();
        return IsVcpuSleeping;
    }

    /// <summary>Announces that the host goes to sleep; the caller looks once more before it does.</summary>
    public void AnnounceSleep()
    {
        Volatile.Write(ref Dword(MonitorLayout.HostSleeping), 1);
        Interlocked.MemoryBarrier();
    }

    public void AnnounceAwake() => Volatile.Write(ref Dword(MonitorLayout.HostSleeping), 0);
}
