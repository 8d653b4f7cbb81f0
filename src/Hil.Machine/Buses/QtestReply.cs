namespace Hil.Machine.Buses;

/// <summary>The answer to one qtest command that somebody waits for. Reused: see <see cref="QtestClient"/>.</summary>
internal sealed class QtestReply
{
    private readonly ManualResetEventSlim _done = new(initialState: false);
    private ulong _value;
    private Exception? _failure;

    public void Set(ulong value)
    {
        _value = value;
        _done.Set();
    }

    public void Fail(Exception failure)
    {
        _failure = failure;
        _done.Set();
    }

    /// <summary>Blocks until the answer is there and makes the object ready for its next use.</summary>
    public bool TryTake(out ulong value, out Exception? failure)
    {
        _done.Wait();
        _done.Reset();
        value = _value;
        failure = _failure;
        _failure = null;
        return failure == null;
    }
}
