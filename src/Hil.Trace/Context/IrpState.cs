namespace Hil.Trace;

/// <summary>An IRP between its creation and its end, as the trace tells it. Times are in 100 ns units, -1 for not
/// yet.</summary>
public sealed class IrpState
{
    public required ulong Number { get; init; }

    public required ulong Address { get; init; }

    public required long Created { get; init; }

    /// <summary>Whether it was sent to a driver; what follows says where to first and as what.</summary>
    public bool IsDispatched { get; internal set; }

    public string Device { get; internal set; } = "";

    public byte Major { get; internal set; }

    public byte Minor { get; internal set; }

    /// <summary>The control code of the request from above that it was made for.</summary>
    public uint Code { get; internal set; }

    /// <summary>Whether it was made for a request from above, which gets an answer.</summary>
    public bool HasRequest { get; internal init; }

    public bool IsQueued { get; internal set; }

    public bool IsCompleted { get; internal set; }

    public long Started { get; internal set; } = -1;

    // Moments between which statistics measure: the first interrupt since the start, the last one that no DPC has
    // followed, the last DPC.
    internal long FirstIsr { get; set; } = -1;

    internal long LastIsr { get; set; } = -1;

    internal long LastDpc { get; set; } = -1;

    /// <summary>The request in words: major function, minor function where there is one, control code.</summary>
    public string Request => IsDispatched ? NameOf(Major, Minor, Code) : "not dispatched";

    /// <summary>A request in words.</summary>
    /// <param name="code">Control code, or 0.</param>
    internal static string NameOf(byte major, byte minor, uint code = 0)
    {
        string name = MajorFunctionName.Of(major);
        if (minor != 0 || MinorNames.HasMinors(major))
        {
            string minorName = MinorNames.Of(major, minor);
            return minorName.StartsWith(name, StringComparison.Ordinal) ? minorName : $"{name} {minorName}";
        }
        bool hasCode = major is WdmConstants.IRP_MJ_DEVICE_CONTROL or WdmConstants.IRP_MJ_INTERNAL_DEVICE_CONTROL;
        return hasCode && code != 0
            ? $"{name} 0x{code:x}"
            : name;
    }
}
