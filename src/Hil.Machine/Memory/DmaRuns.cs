namespace Hil.Machine;

/// <summary>Joins changed bytes that lie near to each other, also across pages, and passes them on as one
/// write.</summary>
internal sealed unsafe class DmaRuns(IDmaSink? sink)
{
    // A record costs more than this many bytes that did not change.
    private const ulong GapMax = 16;

    // Devices fill whole buffers: what is joined must still fit a record.
    private const ulong BytesMax = 64 << 10;

    private ulong _start;
    private ulong _end;

    /// <summary>Adds bytes; addresses rise as a rule, and those that do not begin a new run.</summary>
    public void Add(ulong address, ulong bytes)
    {
        if (address < _end || address - _end > GapMax || address + bytes - _start > BytesMax)
        {
            PassOn();
            _start = address;
        }
        _end = address + bytes;
    }

    /// <summary>Passes on what is left. The bytes are read from memory now.</summary>
    public void PassOn()
    {
        if (_end != 0)
            // SAFETY: only addresses of the RAM window are added.
            sink?.OnDeviceWrite(_start, new ReadOnlySpan<byte>((void*)_start, (int)(_end - _start)));
        _start = _end = 0;
    }
}
