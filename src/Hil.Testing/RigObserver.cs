using Hil.Kernel;
using Hil.Wdm;

namespace Hil.Testing;

/// <summary>Keeps what tests ask about. The kernel calls it on the thread that runs; tests read on theirs.</summary>
internal sealed class RigObserver : IKernelObserver
{
    // A test that makes more than this asks for counts, not for the list.
    private const int ListMax = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, (byte Major, byte Minor)> _dispatched = [];
    private readonly List<RigIrp> _irps = [];
    private readonly List<string> _debugOutput = [];
    private readonly List<string> _violations = [];
    private readonly List<string> _log = [];

    public IReadOnlyList<RigIrp> Irps => Copy(_irps);

    public IReadOnlyList<string> DebugOutput => Copy(_debugOutput);

    public IReadOnlyList<string> Violations => Copy(_violations);

    public IReadOnlyList<string> Log => Copy(_log);

    public void OnEvent(in KernelEvent kernelEvent)
    {
        switch (kernelEvent.Kind)
        {
            case KernelEventKind.IrpDispatch:
                NoteDispatch(kernelEvent);
                break;
            case KernelEventKind.IrpFinished:
                NoteFinish(kernelEvent);
                break;
            case KernelEventKind.DebugPrint:
                Append(_debugOutput, kernelEvent.Text ?? "");
                break;
            case KernelEventKind.Violation:
                Append(_violations, kernelEvent.Text ?? "");
                break;
            case KernelEventKind.Driver or KernelEventKind.Pnp:
                Append(_log, kernelEvent.Text ?? "");
                break;
        }
    }

    // An IRP that a driver made and freed has no end to hear of, and its address comes again with another request: so
    // the last dispatch counts, which on the way down the stack is the same function as a rule.
    private void NoteDispatch(in KernelEvent dispatch)
    {
        lock (_lock)
            _dispatched[dispatch.A] = ((byte)dispatch.C, (byte)(dispatch.C >> 8));
    }

    private void NoteFinish(in KernelEvent finish)
    {
        lock (_lock)
        {
            if (_dispatched.Remove(finish.A, out (byte Major, byte Minor) function) && _irps.Count < ListMax)
                _irps.Add(new RigIrp(function.Major, function.Minor, new NTSTATUS((uint)finish.B), finish.C));
        }
    }

    private void Append(List<string> list, string line)
    {
        lock (_lock)
        {
            if (list.Count < ListMax)
                list.Add(line);
        }
    }

    private T[] Copy<T>(List<T> list)
    {
        lock (_lock)
            return [.. list];
    }
}
