namespace Hil.Trace;

/// <summary>What can be wrong with a trace that is readable otherwise.</summary>
public enum TraceProblemKind
{
    /// <summary>The capture did not end, or still goes on: there is no index, and the last block may be cut
    /// off.</summary>
    Unfinished,

    /// <summary>The file ends in the middle of a block.</summary>
    TornTail,

    /// <summary>A block's checksum is wrong: its records are missing.</summary>
    DamagedBlock,

    /// <summary>The index is damaged; what it says was found out anew.</summary>
    Index,
}

/// <summary>Something wrong with a trace.</summary>
/// <param name="Offset">File offset where it begins.</param>
/// <param name="Bytes">Bytes that could not be used.</param>
/// <param name="Text">One sentence without its full stop.</param>
public sealed record TraceProblem(TraceProblemKind Kind, long Offset, long Bytes, string Text);
