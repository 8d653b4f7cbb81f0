namespace Hil.Kernel;

// The commonest mistake with an IRP is to touch it after it was completed. A freed one is therefore cleared and kept
// for a while: a late completion finds no IRP there, a late read finds null, and a late write is found when the
// memory is given back, or when a file is closed.

/// <summary>IRPs that were freed a short while ago.</summary>
internal sealed unsafe class IrpQuarantine(NtKernel kernel)
{
    private const int Capacity = 64; // A power of two: some 20 KB, as many IRPs as are in flight in a busy run.

    private readonly Freed[] _ring = new Freed[Capacity];
    private long _count;

    /// <summary>Clears a freed IRP and keeps it; the oldest one goes back to the pool.</summary>
    public void Add(IRP* irp, int bytes, long id)
    {
        ref Freed slot = ref _ring[_count++ & (Capacity - 1)];
        if (slot.Address != 0)
        {
            Check(slot);
            kernel.Pool.Free((void*)slot.Address);
        }
        slot = new Freed((ulong)irp, bytes, id);
        new Span<byte>(irp, bytes).Clear();
    }

    /// <summary>Stops the machine if a driver wrote to an IRP after it was freed.</summary>
    public void CheckAll()
    {
        foreach (Freed freed in _ring)
        {
            if (freed.Address != 0)
                Check(freed);
        }
    }

    private void Check(in Freed freed)
    {
        int damage = new ReadOnlySpan<byte>((void*)freed.Address, freed.Bytes).IndexOfAnyExcept((byte)0);
        if (damage >= 0)
            kernel.BugCheck(
                BugCheckCodes.DRIVER_CAUGHT_MODIFYING_FREED_POOL, freed.Address + (ulong)damage, 1, 0, 0,
                $"a driver wrote to IRP #{freed.Id} at offset 0x{damage:x} after it was completed and freed");
    }

    private readonly record struct Freed(ulong Address, int Bytes, long Id);
}
