namespace Hil.Trace;

/// <summary>Where the bytes of a trace go.</summary>
internal interface ITraceStorage : IDisposable
{
    /// <summary>Writes all of <paramref name="bytes"/> at <paramref name="offset"/>, or throws <see
    /// cref="IOException"/>.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    void SetLength(long bytes);
}
