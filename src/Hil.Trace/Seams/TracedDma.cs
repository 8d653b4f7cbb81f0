namespace Hil.Trace;

// Devices' writes to memory come to light at observations. Most find none, so the first record of one that does carries
// the number of observations since the last with records, itself included; further ones of the same carry 0.

/// <summary>The seam at memory that devices write.</summary>
/// <param name="memory">Where a replay puts what was recorded.</param>
internal sealed unsafe class TracedDma(TraceLog log, IGuestMemory memory) : IDmaShadow, IDmaSink
{
    private IDmaShadow? _shadow;
    private ulong _observations;

    /// <summary>What finds the device's writes in a live run; a replay has none.</summary>
    public void Attach(IDmaShadow shadow) => _shadow = shadow;

    public void Share(ulong address, ulong bytes, DmaSharing sharing) => _shadow?.Share(address, bytes, sharing);

    public void Unshare(ulong address, ulong bytes, DmaSharing sharing)
    {
        _observations++;
        log.NoteIrql();
        if (log.IsLive)
            _shadow?.Unshare(address, bytes, sharing);
        else
            Apply();
    }

    public void Observe()
    {
        _observations++;
        log.NoteIrql();
        if (log.IsLive)
            _shadow?.Observe();
        else
            Apply();
    }

    public void Flush(ulong address, ulong bytes)
    {
        _observations++;
        log.NoteIrql();
        if (log.IsLive)
            _shadow?.Flush(address, bytes);
        else
            Apply();
    }

    public void OnDeviceWrite(ulong address, ReadOnlySpan<byte> bytes)
    {
        log.Add(TraceKind.Dma, [_observations, address], bytes);
        _observations = 0;
    }

    public void OnReserveExhausted(ulong address) =>
        log.NoteInexact("devices were given more memory than can be watched: their writes are seen when they come", address);

    private void Apply()
    {
        bool isFirst = true;
        while (log.TryTakeDma(_observations, isFirst, out ulong address, out ReadOnlySpan<byte> bytes))
        {
            _observations = 0;
            isFirst = false;
            if (memory.AccessOf(address) == PageAccess.None || memory.AccessOf(address + (ulong)bytes.Length - 1) == PageAccess.None)
                log.Fail(new TraceReplayException($"the trace has DMA to 0x{address:x}, which is no memory in this run"));
            bytes.CopyTo(new Span<byte>((void*)address, bytes.Length));
        }
    }
}
