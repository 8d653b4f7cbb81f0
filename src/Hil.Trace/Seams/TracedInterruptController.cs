namespace Hil.Trace;

/// <summary>The seam at the interrupt controller: how lines are routed is something the run does.</summary>
internal sealed class TracedInterruptController(IInterruptController inner, TraceLog log) : IInterruptController
{
    public void ConnectLine(uint line, byte vector, bool levelSensitive, bool activeLow)
    {
        log.Add(
            TraceKind.Line,
            [line, vector, (ulong)(levelSensitive ? TraceLineState.ConnectedLevel : TraceLineState.ConnectedEdge)]);
        if (log.IsLive)
            inner.ConnectLine(line, vector, levelSensitive, activeLow);
    }

    public void MaskLine(uint line)
    {
        log.Add(TraceKind.Line, [line, 0, (ulong)TraceLineState.Masked]);
        if (log.IsLive)
            inner.MaskLine(line);
    }

    public void UnmaskLine(uint line)
    {
        log.Add(TraceKind.Line, [line, 0, (ulong)TraceLineState.Unmasked]);
        if (log.IsLive)
            inner.UnmaskLine(line);
    }

    public (ulong Address, uint Data) MessageFor(byte vector) => inner.MessageFor(vector);
}

/// <summary>What a Line record says happened to a line.</summary>
public enum TraceLineState
{
    Masked,
    Unmasked,
    ConnectedEdge,
    ConnectedLevel,
}
