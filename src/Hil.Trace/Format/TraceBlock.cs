namespace Hil.Trace;

/// <summary>How many records of a kind a block has; definitions are counted too.</summary>
public readonly record struct TraceKindCount(TraceKind Kind, int Count);

/// <summary>A block of a trace: where it is and what is in it.</summary>
/// <param name="Number">From 0, in the order of the file.</param>
/// <param name="Offset">File offset of its frame.</param>
/// <param name="Bytes">Bytes of its frame.</param>
/// <param name="FirstSequence">Sequence number of the first record.</param>
/// <param name="Records">Records without definitions.</param>
/// <param name="FirstTime">Time of the first record, 100 ns.</param>
/// <param name="LastTime">Time of the last record, 100 ns.</param>
/// <param name="Kinds">The kinds that occur, lowest first.</param>
public sealed record TraceBlock(
    int Number, long Offset, int Bytes, ulong FirstSequence, int Records, long FirstTime, long LastTime,
    ReadOnlyMemory<TraceKindCount> Kinds)
{
    /// <summary>Sequence number after the last record.</summary>
    public ulong EndSequence => FirstSequence + (uint)Records;

    public long EndOffset => Offset + Bytes;

    /// <summary>Records of one kind.</summary>
    public int Count(TraceKind kind)
    {
        foreach (TraceKindCount count in Kinds.Span)
        {
            if (count.Kind == kind)
                return count.Count;
        }
        return 0;
    }
}
