namespace Hil.Kernel;

/// <summary>Who waits for which object, first come first. Kept by the host and keyed by the object's address, so that a
/// driver which overwrites an object cannot lead the host astray; adding and removing allocate nothing once
/// warm.</summary>
internal sealed unsafe class WaitLists
{
    private readonly Dictionary<nint, WaitSlot> _heads = new(64);

    /// <summary>The first waiter, or null.</summary>
    public WaitSlot? First(DISPATCHER_HEADER* header) =>
        _heads.Count != 0 && _heads.TryGetValue((nint)header, out WaitSlot? head) ? head : null;

    public void Add(WaitSlot slot)
    {
        slot.Next = null;
        if (!_heads.TryGetValue((nint)slot.Object, out WaitSlot? head))
        {
            slot.Previous = null;
            slot.Tail = slot;
            _heads.Add((nint)slot.Object, slot);
            return;
        }
        slot.Previous = head.Tail;
        head.Tail!.Next = slot;
        head.Tail = slot;
    }

    public void Remove(WaitSlot slot)
    {
        WaitSlot head = _heads[(nint)slot.Object];
        if (head.Tail == slot)
            head.Tail = slot.Previous;
        if (slot.Next != null)
            slot.Next.Previous = slot.Previous;
        if (slot.Previous != null)
            slot.Previous.Next = slot.Next;
        else
            ReplaceHead(slot, head);
        (slot.Next, slot.Previous, slot.Tail) = (null, null, null);
    }

    private void ReplaceHead(WaitSlot slot, WaitSlot head)
    {
        if (slot.Next == null)
        {
            _heads.Remove((nint)slot.Object);
            return;
        }
        slot.Next.Tail = head.Tail;
        _heads[(nint)slot.Object] = slot.Next;
    }
}
