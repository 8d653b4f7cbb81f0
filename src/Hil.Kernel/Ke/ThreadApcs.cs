namespace Hil.Kernel;

/// <summary>The APCs that wait for a thread, and its alerts.</summary>
internal sealed unsafe class ThreadApcs
{
    private readonly List<nint> _special = [];
    private readonly List<nint> _normal = [];
    private readonly List<nint> _user = [];
    private readonly bool[] _isAlerted = new bool[2];

    public bool HasKernel => _special.Count + _normal.Count != 0;

    public bool HasSpecial => _special.Count != 0;

    public bool HasUser => _user.Count != 0;

    /// <summary>Whether the routine of a normal kernel APC runs: it is not cut into by another one.</summary>
    public bool IsNormalRunning { get; set; }

    /// <summary>Whether user APCs are due as soon as the thread leaves the kernel.</summary>
    public bool IsUserPending { get; set; }

    /// <summary>Whether the thread ends and takes no more of them.</summary>
    public bool IsClosed { get; set; }

    /// <summary>What a kernel routine may change of its APC, in driver-visible memory; null before the first
    /// APC.</summary>
    public ApcArguments* Arguments { get; set; }

    /// <summary>Whether the thread was alerted in a mode and has not heard of it yet.</summary>
    public ref bool IsAlerted(KPROCESSOR_MODE mode) => ref _isAlerted[mode == KPROCESSOR_MODE.UserMode ? 1 : 0];

    /// <summary>Whether the thread was alerted in a mode, which it has heard of now.</summary>
    public bool TryHearAlert(KPROCESSOR_MODE mode)
    {
        ref bool isAlerted = ref IsAlerted(mode);
        bool wasAlerted = isAlerted;
        isAlerted = false;
        return wasAlerted;
    }

    public void Add(KAPC* apc) => ListOf(apc).Add((nint)apc);

    public bool Remove(KAPC* apc) => ListOf(apc).Remove((nint)apc);

    /// <summary>The kernel APC that is next: special ones come first.</summary>
    public bool TryTakeKernel(bool takesNormal, out KAPC* apc) =>
        TryTake(_special, out apc) || (takesNormal && !IsNormalRunning && TryTake(_normal, out apc));

    public bool TryTakeUser(out KAPC* apc) => TryTake(_user, out apc);

    /// <summary>An APC in a range of memory, or null.</summary>
    public KAPC* FindIn(ulong address, ulong bytes)
    {
        foreach (List<nint> apcs in (ReadOnlySpan<List<nint>>)[_special, _normal, _user])
        {
            foreach (nint apc in apcs)
            {
                if ((ulong)apc - address < bytes)
                    return (KAPC*)apc;
            }
        }
        return null;
    }

    private static bool TryTake(List<nint> apcs, out KAPC* apc)
    {
        apc = apcs.Count == 0 ? null : (KAPC*)apcs[0];
        if (apc != null)
            apcs.RemoveAt(0);
        return apc != null;
    }

    private List<nint> ListOf(KAPC* apc) =>
        apc->ApcMode == (byte)KPROCESSOR_MODE.UserMode ? _user : apc->NormalRoutine.IsNull ? _special : _normal;
}

/// <summary>What a kernel routine gets pointers to.</summary>
internal unsafe struct ApcArguments
{
    public DriverRoutine NormalRoutine;
    public void* NormalContext;
    public void* SystemArgument1;
    public void* SystemArgument2;
}
