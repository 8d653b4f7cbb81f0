namespace Hil.Trace;

/// <summary>The log of a run that is captured: asks the world, writes everything down.</summary>
public sealed class CaptureLog : TraceLog
{
    private readonly TraceWriter _writer;
    private readonly IClock _clock;

    /// <param name="clock">The world's, for stamps.</param>
    public CaptureLog(TraceWriter writer, IClock clock, TraceCategories categories)
        : base(categories)
    {
        _writer = writer;
        _clock = clock;
    }

    public override bool IsLive => true;

    public override long Now => _clock.InterruptTime;

    public override ulong DefineString(string text) => _writer.DefineString(text);

    public override ulong DefineSite(in TraceSite site) => _writer.DefineSite(site);

    public override ulong DefineCallSite(in TraceCallSite site) => _writer.DefineCallSite(site);

    /// <summary>Notes, when the run is over, why it cannot be repeated exactly.</summary>
    public void EndInexact(InexactReason reason)
    {
        if (AddInexact(reason.Reason))
            AddCore(TraceKind.Inexact, [DefineString(reason.Reason), reason.Address], default);
    }

    /// <summary>The run is over, and its kernel has stopped.</summary>
    public void End(int exitCode) => AddCore(TraceKind.End, [(ulong)exitCode], default);

    private protected override void AddCore(TraceKind kind, ReadOnlySpan<ulong> fields, ReadOnlySpan<byte> data) =>
        Write(_writer, kind, Now, fields, data);

    private protected override ulong ExchangeCore(TraceKind kind, Span<ulong> fields)
    {
        _writer.Add(kind, Now, fields);
        return fields[^1];
    }

    private protected override void ExchangeCore(TraceKind kind, ReadOnlySpan<ulong> fields, Span<byte> data) =>
        Write(_writer, kind, Now, fields, data);

    private protected override bool HappensCore(TraceKind kind, bool live, Span<ulong> fields)
    {
        if (live)
            Add(kind, fields);
        return live;
    }

    private protected override bool MustTurn(TraceKind kind, in Switch state, bool live) => live != state.IsOn;
}
