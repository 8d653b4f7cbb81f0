namespace Hil.Trace;

// Devices' writes to memory come to light at observations. Most find none, so the first record of one that does carries
// the number of observations since the last with records, itself included; further ones of the same carry 0.
//
// What is shared with devices, and which addresses of it a driver leaves there, is on the trace for replays of another
// build, whose buffers lie elsewhere (MovedBuffers).

/// <summary>The seam at memory that devices write.</summary>
internal sealed unsafe class TracedDma(TraceLog log) : IDmaShadow, IDmaSink
{
    private IDmaShadow? _shadow;
    private ulong _observations;

    /// <summary>What finds the device's writes in a live run; a replay has none.</summary>
    public void Attach(IDmaShadow shadow) => _shadow = shadow;

    public void Share(ulong address, ulong bytes, DmaSharing sharing)
    {
        log.Add(TraceKind.Share, [address, bytes, (ulong)sharing]);
        if (log.IsLive)
            _shadow?.Share(address, bytes, sharing);
        else
            log.TakePointers();
    }

    public void Unshare(ulong address, ulong bytes, DmaSharing sharing)
    {
        _observations++;
        log.NoteIrql();
        if (log.IsLive)
            _shadow?.Unshare(address, bytes, sharing);
        else
            Apply();
        log.Add(TraceKind.Unshare, [address, bytes, (ulong)sharing]);
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

    public void OnDriverPointer(ulong address, uint value) => log.Add(TraceKind.Pointer, [address, value]);

    public void OnReserveExhausted(ulong address) =>
        log.NoteInexact(
            "devices were given more memory than can be watched: their writes are seen when they come", address);

    private void Apply()
    {
        bool isFirst = true;
        while (log.TryTakeDma(_observations, isFirst, out ulong address, out ReadOnlySpan<byte> bytes))
        {
            _observations = 0;
            isFirst = false;
            // SAFETY: the log gives out addresses of memory that is shared with devices.
            bytes.CopyTo(new Span<byte>((void*)address, bytes.Length));
        }
    }
}
