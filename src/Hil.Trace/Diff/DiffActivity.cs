using System.Numerics;
using System.Runtime.InteropServices;

namespace Hil.Trace;

/// <summary>All that was done for an IRP, or between IRPs for none.</summary>
internal sealed class DiffActivity(ulong irp)
{
    /// <summary>Of longer activities, a driver that polls a million times say, the rest is only known to be the same or
    /// not.</summary>
    public const int ActionsMax = 100_000;

    private const int UsualActions = 16;
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15;

    private readonly List<DiffAction> _actions = new(UsualActions);
    private readonly List<int> _times = new(UsualActions);

    /// <summary>0 for what belongs to none.</summary>
    public ulong Irp { get; } = irp;

    /// <summary>What kind of request it is: IRPs with the same correspond.</summary>
    public string Request { get; set; } = "";

    /// <summary>How many IRPs had been created when it was completed; null before.</summary>
    public int? CompletedAfter { get; set; }

    public bool IsFinished { get; set; }

    /// <summary>Whether a request from above waits for it.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>What the request got back, which may be said at any time after the end.</summary>
    public DiffAction? Result { get; set; }

    public int Count => _actions.Count;

    /// <summary>Actions beyond those that are kept.</summary>
    public long TailActions { get; private set; }

    /// <summary>What tells these from others.</summary>
    public ulong TailHash { get; private set; }

    public ReadOnlySpan<DiffAction> Actions => CollectionsMarshal.AsSpan(_actions);

    /// <summary>How often each action came in a row.</summary>
    public ReadOnlySpan<int> Times => CollectionsMarshal.AsSpan(_times);

    /// <summary>Adds an action; one that repeats the last, as polling does, is counted only. In parts: most of them are
    /// not kept.</summary>
    public void Add(TraceStage stage, DiffOperation operation, int name, ulong value)
    {
        if (_actions.Count != 0 && IsSame(CollectionsMarshal.AsSpan(_actions)[^1], stage, operation, name, value))
        {
            _times[^1]++;
        }
        else if (_actions.Count < ActionsMax)
        {
            _actions.Add(new DiffAction(stage, operation, name, value));
            _times.Add(1);
        }
        else
        {
            ulong what = ((ulong)(uint)name << 16) | ((ulong)operation << 8) | (byte)stage;
            TailActions++;
            TailHash = BitOperations.RotateLeft((TailHash ^ value) * Spread ^ what, 29) * Spread;
        }
    }

    private static bool IsSame(
        in DiffAction action, TraceStage stage, DiffOperation operation, int name, ulong value) =>
        action.Value == value && action.Name == name && action.Operation == operation && action.Stage == stage;
}
