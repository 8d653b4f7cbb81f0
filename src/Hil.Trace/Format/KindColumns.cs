namespace Hil.Trace;

/// <summary>The columns of one kind in a block that fills: a column a field, then lengths and bytes if it has
/// data.</summary>
internal sealed class KindColumns
{
    public KindColumns(TraceRecordKind kind)
    {
        Kind = kind.Kind;
        HasData = kind.HasData;
        FieldCount = kind.Fields.Length;
        Columns = new ColumnBuffer[FieldCount + (HasData ? 2 : 0)];
        Meanings = [.. kind.Fields.Select(static field => field.Meaning)];
        for (int i = 0; i < FieldCount; i++)
        {
            if (kind.Fields[i].Coding == TraceFieldCoding.Keyed)
                KeyedFields |= 1u << i;
            if (Meanings[i] is TraceFieldMeaning.Text or TraceFieldMeaning.Site or TraceFieldMeaning.CallSite)
                References |= 1u << i;
        }
        if (KeyedFields == 0)
            return;
        Kernel.Invariant.Holds(
            (References & ~1u) == 0, "a kind with keyed fields refers to definitions in its key only");
        Keyed = new KeyedMemory(FieldCount - 1);
    }

    public TraceKind Kind { get; }

    public bool HasData { get; }

    public int FieldCount { get; }

    public ColumnBuffer[] Columns { get; }

    public TraceFieldMeaning[] Meanings { get; }

    /// <summary>A bit for each field that is keyed.</summary>
    public uint KeyedFields { get; }

    /// <summary>A bit for each field that refers to a definition.</summary>
    public uint References { get; }

    public KeyedMemory? Keyed { get; }

    /// <summary>Records in this block.</summary>
    public int Count { get; set; }

    /// <summary>Starts a block; returns the bytes that the columns keep.</summary>
    public long Clear()
    {
        long kept = 0;
        foreach (ref ColumnBuffer column in Columns.AsSpan())
        {
            if (Count != 0)
                column.Clear();
            kept += column.Capacity;
        }
        if (Count != 0)
            Keyed?.Forget();
        Count = 0;
        return kept;
    }

    public void Release()
    {
        foreach (ref ColumnBuffer column in Columns.AsSpan())
            column.Release();
    }
}
