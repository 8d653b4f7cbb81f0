using System.Text;
using System.Text.Json;

namespace Hil.Trace;

// Two runs place buffers differently, and drivers write their addresses to registers. An address is known from the
// trace: it was an argument or a result of a kernel call, shared with devices, or a device wrote there. Virtual and
// physical addresses of the RAM window differ by the window's base.

/// <summary>Which values are addresses of memory, so that a comparison does not look at them.</summary>
internal sealed class DiffAddresses
{
    private const int PageShift = 12;
    private const ulong LowMemoryBytes = 1 << 20; // Nothing that a driver gets is below.
    private const int PagesMax = 1_000_000;
    private const int NotedSlots = 256; // A power of two.

    private readonly HashSet<ulong> _pages = [];

    // Pages that were added, each at its place: calls come with the same ones over and over. Page 0 is not noted.
    private readonly ulong[] _noted = new ulong[NotedSlots];
    private ulong _windowBase;
    private ulong _windowBytes;

    public void Learn(TraceCursor record)
    {
        switch (record.Kind)
        {
            case TraceKind.Profile:
                TakeProfile(record.Data);
                break;
            case TraceKind.Call:
                for (int i = 1; i <= 4; i++)
                    Note(record[i]);
                break;
            case TraceKind.Return or TraceKind.Dma:
                Note(record[1]);
                break;
            case TraceKind.Share:
                NoteRange(record[0], record[1]);
                break;
        }
    }

    /// <summary>Whether a value lies in the RAM window, or is physical and in a page that the run has used.</summary>
    public bool Has(ulong value) => IsInWindow(value)
        || (value < _windowBytes && value >= LowMemoryBytes && _pages.Contains(value >> PageShift));

    /// <summary>Whether there is memory at a physical address.</summary>
    public bool IsMemory(ulong value) => value >= LowMemoryBytes && value < _windowBytes;

    private bool IsInWindow(ulong value) => value - _windowBase < _windowBytes;

    private void NoteRange(ulong address, ulong bytes)
    {
        const ulong PageBytes = 1 << PageShift;
        if (!IsInWindow(address))
            return;
        bytes = Math.Min(bytes, _windowBytes - (address - _windowBase));
        for (ulong at = address & ~(PageBytes - 1); at < address + bytes; at += PageBytes)
            Note(at);
    }

    private void Note(ulong value)
    {
        if (Offset(value) is not { } offset || offset < LowMemoryBytes)
            return;
        ulong page = offset >> PageShift;
        ref ulong noted = ref _noted[page & (NotedSlots - 1)];
        if (noted == page)
            return;
        if (_pages.Count >= PagesMax)
        {
            _pages.Clear();
            Array.Clear(_noted);
        }
        noted = page;
        _pages.Add(page);
    }

    private ulong? Offset(ulong value)
    {
        if (IsInWindow(value))
            return value - _windowBase;
        return value < _windowBytes ? value : null;
    }

    private void TakeProfile(ReadOnlySpan<byte> json)
    {
        try
        {
            using JsonDocument profile = JsonDocument.Parse(Encoding.UTF8.GetString(json));
            if (profile.RootElement.TryGetProperty("window-base", out JsonElement windowBase)
                && profile.RootElement.TryGetProperty("memory-bytes", out JsonElement bytes))
            {
                _windowBase = windowBase.GetUInt64();
                _windowBytes = bytes.GetUInt64();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // A trace without a profile that we can read has no addresses that we know.
        }
    }
}
