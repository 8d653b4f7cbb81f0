using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hil.Kernel;

/// <summary>Every IRP that is allocated, by address. Adding and removing allocates nothing once the table has
/// grown.</summary>
internal sealed unsafe class IrpTable
{
    private const int InitialCapacity = 256;

    private readonly Dictionary<ulong, IrpRecord> _records = new(InitialCapacity);
    private long _lastId;

    public int Count => _records.Count;

    public ref IrpRecord Add(IRP* irp, IrpOwner owner)
    {
        ref IrpRecord record = ref CollectionsMarshal.GetValueRefOrAddDefault(_records, (ulong)irp, out _);
        record = new IrpRecord { Id = ++_lastId, Owner = owner };
        return ref record;
    }

    /// <summary>A null reference for memory that no IRP is known to live in.</summary>
    public ref IrpRecord Find(IRP* irp) => ref CollectionsMarshal.GetValueRefOrNullRef(_records, (ulong)irp);

    public bool Contains(IRP* irp) => _records.ContainsKey((ulong)irp);

    public bool Remove(IRP* irp) => _records.Remove((ulong)irp);

    public long IdOf(ulong irp) => _records.TryGetValue(irp, out IrpRecord record) ? record.Id : 0;

    /// <summary>The IRPs that a driver has got and not completed, oldest first.</summary>
    public List<(ulong Irp, IrpRecord Record)> InFlight(IGuestMemory memory)
    {
        var found = new List<(ulong, IrpRecord)>();
        foreach ((ulong address, IrpRecord record) in _records)
        {
            var irp = (IRP*)address;
            if (memory.AccessOf(address) != PageAccess.None && irp->Type == IO_TYPE_IRP
                && irp->CurrentLocation >= 1 && irp->CurrentLocation <= irp->StackCount)
                found.Add((address, record));
        }
        found.Sort(static (left, right) => left.Item2.Id.CompareTo(right.Item2.Id));
        return found;
    }
}
