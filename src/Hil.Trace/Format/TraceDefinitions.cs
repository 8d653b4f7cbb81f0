namespace Hil.Trace;

/// <summary>What the ids in records stand for.</summary>
public interface ITraceDefinitions
{
    /// <summary>A text; empty for 0.</summary>
    string Text(ulong id);

    TraceSite Site(ulong id);

    TraceCallSite CallSite(ulong id);
}

/// <summary>Compares values of records whose ids come from different places.</summary>
internal static class TraceDefinitions
{
    /// <summary>Whether two values of a field mean the same.</summary>
    public static bool IsSame(
        TraceFieldMeaning meaning, ITraceDefinitions ours, ulong our, ITraceDefinitions theirs, ulong their) =>
        meaning switch
        {
            TraceFieldMeaning.Text => ours.Text(our) == theirs.Text(their),
            TraceFieldMeaning.Site => IsSame(ours, ours.Site(our), theirs, theirs.Site(their)),
            TraceFieldMeaning.CallSite => IsSame(ours, ours.CallSite(our), theirs, theirs.CallSite(their)),
            _ => our == their,
        };

    private static bool IsSame(
        ITraceDefinitions ours, in TraceSite our, ITraceDefinitions theirs, in TraceSite their) =>
        our with { Device = 0, Place = 0 } == their with { Device = 0, Place = 0 }
        && ours.Text(our.Device) == theirs.Text(their.Device)
        && ours.Text(our.Place) == theirs.Text(their.Place);

    private static bool IsSame(
        ITraceDefinitions ours, in TraceCallSite our, ITraceDefinitions theirs, in TraceCallSite their) =>
        our.Return == their.Return
        && ours.Text(our.Export) == theirs.Text(their.Export)
        && ours.Text(our.Place) == theirs.Text(their.Place);
}
