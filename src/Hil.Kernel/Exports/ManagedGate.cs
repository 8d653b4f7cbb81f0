namespace Hil.Kernel;

/// <summary>A routine of the host that driver code can call by address: entry points of managed drivers, stops for
/// missing imports.</summary>
/// <param name="arguments">The arguments as 8-byte slots; as many are valid as the caller passed, four at
/// least.</param>
public unsafe delegate ulong ManagedRoutine(ulong* arguments);

/// <summary>Gives host routines an address in the RAM window. Native code that calls the address exits with the stub's
/// number; the kernel that calls it recognises the address and makes a plain call.</summary>
public sealed class ManagedGate
{
    private readonly IVirtualProcessor _vcpu;
    private readonly List<ManagedRoutine?> _routines = [];
    private readonly Stack<int> _free = [];
    private readonly uint _firstId;

    internal ManagedGate(NtKernel kernel)
    {
        _vcpu = kernel.Services.VirtualProcessor;
        _firstId = (uint)ExportTable.Functions.Length;
    }

    /// <summary>Gives a routine its address. Throws InvalidOperationException when all stubs are taken.</summary>
    public DriverRoutine Register(ManagedRoutine routine)
    {
        if (!_free.TryPop(out int index))
        {
            index = _routines.Count;
            if (_firstId + (uint)index >= _vcpu.StubCount)
                throw new InvalidOperationException(
                    $"all {_vcpu.StubCount} stubs for exports and managed routines are taken");
            _routines.Add(null);
        }
        _routines[index] = routine;
        return new DriverRoutine(AddressOf(_firstId + (uint)index));
    }

    /// <summary>Takes the address back; a later call to it is a bug check.</summary>
    public void Unregister(DriverRoutine address)
    {
        int index = IndexOf(address.Address);
        Invariant.Holds(index >= 0 && _routines[index] != null, "only a registered routine is unregistered");
        _routines[index] = null;
        _free.Push(index);
    }

    /// <summary>Address of the stub for an export.</summary>
    public ulong AddressOf(uint id) => _vcpu.StubBase + id * IVirtualProcessor.StubStride;

    /// <summary>The routine behind an address, if it is one of the host's.</summary>
    internal bool TryFind(ulong address, out ManagedRoutine routine)
    {
        int index = IndexOf(address);
        routine = index >= 0 ? _routines[index]! : null!;
        return routine != null;
    }

    /// <summary>The routine behind a kernel-call number above the export table, or null.</summary>
    internal ManagedRoutine? Find(ulong id)
    {
        ulong index = id - _firstId;
        return index < (ulong)_routines.Count ? _routines[(int)index] : null;
    }

    private int IndexOf(ulong address)
    {
        ulong index = (address - _vcpu.StubBase) / IVirtualProcessor.StubStride - _firstId;
        return index < (ulong)_routines.Count ? (int)index : -1;
    }
}
