namespace Hil.Kernel;

/// <summary>Small pieces of driver-visible memory for the length of a call: where a driver's routine writes its
/// result, an event to wait for. Kept and given out again; nothing managed is allocated once enough exist.</summary>
internal sealed unsafe class ScratchSlots(NtKernel kernel)
{
    private const int SlotBytes = 64;
    private const uint Tag = 0x74_61_72_53; // Srat

    private readonly Stack<ulong> _free = new(64);

    /// <summary>A zeroed slot of 64 bytes.</summary>
    public void* Rent()
    {
        if (!_free.TryPop(out ulong slot))
            slot = (ulong)kernel.Pool.Allocate(SlotBytes, Tag);
        Invariant.Holds(slot != 0, "the RAM window has room for a scratch slot");
        new Span<byte>((void*)slot, SlotBytes).Clear();
        return (void*)slot;
    }

    public void Return(void* slot) => _free.Push((ulong)slot);
}
