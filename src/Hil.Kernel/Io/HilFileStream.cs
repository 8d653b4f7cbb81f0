namespace Hil.Kernel;

/// <summary>A file as a stream with a position of its own: what the pipes stand on.</summary>
internal sealed class HilFileStream(HilFile file, long offset) : Stream
{
    private long _offset = offset;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _offset;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        IoResult result = await file.ReadAsync(buffer, _offset, cancellationToken).ConfigureAwait(false);
        if (result.Status == STATUS_END_OF_FILE)
            return 0;
        Advance(result, "reading", cancellationToken);
        return (int)result.Information;
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            IoResult result = await file.WriteAsync(buffer, _offset, cancellationToken).ConfigureAwait(false);
            Advance(result, "writing", cancellationToken);
            if (result.Information == 0)
                throw new NtStatusException(
                    result.Status, $"writing to {file.Path} got no further at offset {_offset}");
            buffer = buffer[(int)result.Information..];
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Advance(IoResult result, string what, CancellationToken cancellationToken)
    {
        if (!result.IsSuccess)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new NtStatusException(result.Status, $"{what} {file.Path} at offset {_offset}");
        }
        _offset += (long)result.Information;
    }
}
