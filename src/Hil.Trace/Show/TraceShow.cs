using System.Text.Json;

namespace Hil.Trace;

/// <summary>Goes over a trace and tells the records that pass a filter.</summary>
public sealed class TraceShow : IDisposable
{
    private readonly TraceReader _reader;
    private readonly RecordFilter _filter;
    private readonly TraceCursor _cursor;
    private readonly TraceContext _context = new();
    private readonly RecordWords _words;
    private long? _start;

    public TraceShow(TraceReader reader, TraceFilter filter)
    {
        _reader = reader;
        _filter = new RecordFilter(filter);
        _cursor = reader.OpenCursor();
        _words = new RecordWords(reader);
    }

    /// <summary>Whether the record that a run ends with has been passed.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Goes to the next record that passes; false when there is none so far.</summary>
    public bool MoveNext()
    {
        bool? isFound;
        do
            isFound = Search();
        while (isFound == null);
        return isFound.Value;
    }

    // Null when nothing was found in a piece of the trace, and there is more.
    private bool? Search()
    {
        for (int i = 0; i < TraceCursor.PieceRecords; i++)
        {
            if (!_cursor.MoveNext())
                return false;
            _start ??= _cursor.Time;
            _context.Advance(_cursor);
            HasEnded |= _cursor.Kind == TraceKind.End;
            if (_filter.Passes(_cursor, _context, _start.Value))
                return true;
        }
        return null;
    }

    /// <summary>Looks for what was written since.</summary>
    public bool Refresh() => _reader.Refresh();

    /// <summary>The record in words.</summary>
    public TraceLine Line => new(
        _cursor.Kind, _cursor.Sequence, _cursor.Time - _start!.Value, _context.Irql, _context.Irp, _context.Depth,
        _words.Of(_cursor, _context.State));

    /// <summary>The record as a JSON object.</summary>
    public void WriteJson(Utf8JsonWriter json) =>
        RecordJson.Write(json, _cursor, _context, _words, _cursor.Time - _start!.Value);

    public void Dispose() => _cursor.Dispose();
}
