namespace Hil.Trace.Tests.Format;

/// <summary>A disk that has so much room and no more.</summary>
internal sealed class FullDisk(string path, long room) : ITraceStorage
{
    private readonly FileStream _file = File.Create(path);

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        int fitting = (int)Math.Clamp(room - offset, 0, bytes.Length);
        _file.Position = offset;
        _file.Write(bytes[..fitting]);
        if (fitting < bytes.Length)
            throw new IOException("No space left on device.");
    }

    public void SetLength(long bytes) => _file.SetLength(bytes);

    public void Dispose() => _file.Dispose();
}

/// <summary>A disk that takes the header and then nothing until its gate is opened.</summary>
internal sealed class SlowDisk(string path, ManualResetEventSlim gate) : ITraceStorage
{
    private readonly FileStream _file = File.Create(path);
    private readonly ManualResetEventSlim _hasBlock = new();

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        if (offset > 0)
        {
            _hasBlock.Set();
            gate.Wait();
        }
        _file.Position = offset;
        _file.Write(bytes);
    }

    /// <summary>Returns when a block has come that is not taken.</summary>
    public void WaitForBlock() => _hasBlock.Wait();

    public void SetLength(long bytes) => _file.SetLength(bytes);

    public void Dispose()
    {
        _file.Dispose();
        _hasBlock.Dispose();
    }
}
