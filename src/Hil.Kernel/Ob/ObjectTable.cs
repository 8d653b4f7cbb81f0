namespace Hil.Kernel;

/// <summary>Kernel objects by address: references, and deletion when the last one is gone.</summary>
public sealed unsafe class ObjectTable
{
    private const int TokenBytes = 16; // Opaque to drivers.
    private const uint Tag = 0x546A624F; // 'ObjT'

    private readonly NtKernel _kernel;
    private readonly Dictionary<ulong, KernelObject> _byAddress = [];
    private readonly Queue<KernelObject> _dying = new();
    private readonly ulong[] _typeAddresses;

    internal ObjectTable(NtKernel kernel)
    {
        _kernel = kernel;
        _typeAddresses = Ntoskrnl.FindObjectTypes(kernel.Data);
        Names = new ObjectDirectory();
        Handles = new HandleTable(this);
    }

    /// <summary>The object namespace.</summary>
    public ObjectDirectory Names { get; }

    /// <summary>The system's handles.</summary>
    public HandleTable Handles { get; }

    /// <summary>Makes an object known, with one reference: its creator's.</summary>
    /// <param name="body">The body in driver-visible memory, or null.</param>
    /// <param name="closed">Called at PASSIVE_LEVEL when the last handle is closed.</param>
    /// <param name="deleted">Called at PASSIVE_LEVEL when the last reference is gone.</param>
    public KernelObject Add(
        ObjectType type,
        void* body,
        object? payload = null,
        Action<KernelObject>? closed = null,
        Action<KernelObject>? deleted = null)
    {
        var created = new KernelObject(type, (ulong)body, payload) { Closed = closed, Deleted = deleted };
        if (body != null)
            _byAddress.Add((ulong)body, created);
        return created;
    }

    /// <summary>The object whose body is at an address, or null.</summary>
    public KernelObject? Find(void* body) => _byAddress.GetValueOrDefault((ulong)body);

    /// <summary>The running thread, or the process.</summary>
    internal KernelObject? FindCurrent(bool isThread) =>
        Find(isThread ? Ntoskrnl.KeGetCurrentThread() : _kernel.Process.Block);

    public void Reference(KernelObject target)
    {
        Invariant.Holds(target.References > 0, "only a live object is referenced");
        target.References++;
    }

    /// <summary>Gives a reference back. The last one deletes the object: at once at PASSIVE_LEVEL, else soon on a
    /// worker.</summary>
    public void Dereference(KernelObject target)
    {
        if (target.References <= 0)
            FailReference(target.Address, "was dereferenced once too often");
        if (--target.References > 0)
            return;
        if (_kernel.Processor.Irql == PASSIVE_LEVEL)
            Delete(target);
        else
            DeleteSoon(target);
    }

    /// <summary>Gives a reference back and never deletes on the caller's stack.</summary>
    public void DereferenceDeferDelete(KernelObject target)
    {
        if (target.References == 1)
        {
            target.References = 0;
            DeleteSoon(target);
            return;
        }
        Dereference(target);
    }

    /// <summary>Keeps an object, and its name, without handles and references of others.</summary>
    internal void MakePermanent(KernelObject target)
    {
        if (target.IsPermanent)
            return;
        target.IsPermanent = true;
        Reference(target);
    }

    /// <summary>Undoes <see cref="MakePermanent"/>.</summary>
    internal void MakeTemporary(KernelObject target)
    {
        if (!target.IsPermanent)
            return;
        target.IsPermanent = false;
        Dereference(target);
    }

    /// <summary>The kind that an exported POBJECT_TYPE stands for; false for a pointer that is none of them.</summary>
    public bool TryFindType(void* objectType, out ObjectType type)
    {
        int index = Array.IndexOf(_typeAddresses, (ulong)objectType);
        type = (ObjectType)index;
        return index >= 0 && objectType != null;
    }

    /// <summary>What drivers see as POBJECT_TYPE of a kind; those that no exported variable names are made when they
    /// are asked for.</summary>
    internal ulong AddressOf(ObjectType type)
    {
        ref ulong address = ref _typeAddresses[(int)type];
        if (address != 0)
            return address;
        void* made = _kernel.Pool.Allocate(TokenBytes, Tag, zero: true);
        if (made != null)
            Ntoskrnl.InitializeObjectType(made);
        return address = (ulong)made;
    }

    /// <summary>Makes something that a pointer can name of an object that only handles named; false when memory is
    /// exhausted.</summary>
    internal bool GiveBody(KernelObject target)
    {
        if (target.Address != 0)
            return true;
        target.Address = (ulong)_kernel.Pool.Allocate(TokenBytes, Tag, zero: true);
        target.IsBodyToken = target.Address != 0;
        if (target.IsBodyToken)
            _byAddress.Add(target.Address, target);
        return target.IsBodyToken;
    }

    /// <summary>The object that a driver's pointer names; a pointer that names none stops the machine.</summary>
    internal KernelObject Require(void* body)
    {
        KernelObject? found = Find(body);
        if (found == null)
            FailReference((ulong)body, "is no object: freed already, or a wild pointer");
        return found;
    }

    private void DeleteSoon(KernelObject target)
    {
        _dying.Enqueue(target);
        _kernel.Scheduler.RunAsync(DeleteDying);
    }

    private bool DeleteDying()
    {
        while (_dying.TryDequeue(out KernelObject? target))
            Delete(target);
        return true;
    }

    private void Delete(KernelObject target)
    {
        if (target.Name != null)
            Names.Remove(target);
        if (target.Address != 0)
            _byAddress.Remove(target.Address);
        target.IsDeleted = true;
        target.Deleted?.Invoke(target);
        if (target.IsBodyToken)
            _kernel.Pool.Free((void*)target.Address);
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private void FailReference(ulong address, string what) =>
        _kernel.BugCheck(
            BugCheckCodes.REFERENCE_BY_POINTER, 0, address, 2, ulong.MaxValue, $"the object at 0x{address:x} {what}");
}
