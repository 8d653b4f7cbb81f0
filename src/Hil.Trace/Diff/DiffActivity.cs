using System.Runtime.InteropServices;

namespace Hil.Trace;

/// <summary>All that was done for an IRP, or between IRPs for none.</summary>
internal sealed class DiffActivity(ulong irp)
{
    // Longer activities, a driver that polls a million times say, are compared up to here.
    private const int ActionsMax = 100_000;

    private readonly List<DiffAction> _actions = [];
    private readonly List<int> _times = [];

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

    public ReadOnlySpan<DiffAction> Actions => CollectionsMarshal.AsSpan(_actions);

    /// <summary>How often each action came in a row.</summary>
    public IReadOnlyList<int> Times => _times;

    /// <summary>Adds an action; one that repeats the last, as polling does, is counted only.</summary>
    public void Add(in DiffAction action)
    {
        if (_actions.Count != 0 && _actions[^1] == action)
            _times[^1]++;
        else if (_actions.Count < ActionsMax)
        {
            _actions.Add(action);
            _times.Add(1);
        }
    }
}
