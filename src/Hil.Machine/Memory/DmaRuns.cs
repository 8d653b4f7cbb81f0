namespace Hil.Machine;

/// <summary>Joins changed bytes that lie near to each other, also across pages, and passes them on as one
/// write.</summary>
/// <param name="shadow">Knows what is shared; null if nobody asks for drivers' pointers.</param>
internal sealed unsafe class DmaRuns(IDmaSink? sink, ShadowMemory? shadow = null)
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

    /// <summary>The driver changed a word. Devices know 32-bit addresses here: RAM ends below 2 GB.</summary>
    /// <param name="changed">Not 0 in the bytes that changed.</param>
    public void NoteDriverWrite(ulong address, ulong word, ulong changed)
    {
        if (shadow == null)
            return;
        if ((uint)changed != 0 && shadow.IsShared((uint)word))
            sink!.OnDriverPointer(address, (uint)word);
        if (changed >> 32 != 0 && shadow.IsShared(word >> 32))
            sink!.OnDriverPointer(address + sizeof(uint), (uint)(word >> 32));
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
