namespace Hil.Kernel;

/// <summary>Open handles. There is one table, the system process's: every driver runs in it.</summary>
public sealed class HandleTable
{
    // Kernel handles have their top bits set on Windows, so that one handed to user mode by mistake is worth nothing
    // there.
    private const ulong First = 0xFFFFFFFF_80000004;
    private const ulong Step = 4;

    // ZwCurrentThread; the next value, -1, is ZwCurrentProcess.
    private const ulong CurrentThread = ulong.MaxValue - 1;

    private const uint AllAccess = 0x1FFFFF; // PROCESS_ALL_ACCESS and THREAD_ALL_ACCESS.

    private readonly ObjectTable _objects;
    private readonly Dictionary<ulong, Handle> _handles = [];
    private ulong _next = First;

    internal HandleTable(ObjectTable objects) => _objects = objects;

    /// <summary>Open handles, for leak reports.</summary>
    public int Count => _handles.Count;

    /// <summary>Opens a handle; it holds a reference of its own.</summary>
    public ulong Open(KernelObject target, uint access)
    {
        ulong handle = _next;
        _next += Step;
        _handles.Add(handle, new Handle(target, access));
        _objects.Reference(target);
        target.Handles++;
        return handle;
    }

    /// <summary>The object behind a handle, ZwCurrentProcess and ZwCurrentThread included, or null.</summary>
    public KernelObject? Find(ulong handle) =>
        handle >= CurrentThread
            ? _objects.FindCurrent(handle == CurrentThread)
            : _handles.GetValueOrDefault(handle).Target;

    /// <summary>The access that a handle was opened with; 0 for no handle.</summary>
    public uint AccessOf(ulong handle) =>
        handle >= CurrentThread ? AllAccess : _handles.GetValueOrDefault(handle).Access;

    /// <summary>Whether a value is that of a kernel handle, open or not.</summary>
    public static bool IsOfKernel(ulong handle) => handle is >= First and < CurrentThread;

    /// <summary>Closes a handle; false if it is none.</summary>
    public bool Close(ulong handle)
    {
        if (!_handles.Remove(handle, out Handle closed))
            return false;
        KernelObject target = closed.Target!;
        if (--target.Handles == 0)
            target.Closed?.Invoke(target);
        _objects.Dereference(target);
        return true;
    }

    private readonly record struct Handle(KernelObject? Target, uint Access);
}
