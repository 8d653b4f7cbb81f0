namespace Hil.Trace;

/// <summary>What a driver or device does that a comparison looks at.</summary>
internal enum DiffOperation : byte
{
    Read,
    Write,
    ReadBlock,
    WriteBlock,
    Interrupt,
    Dpc,
    StartIo,
    Dma,
    Cancel,
    Complete,
    Result,
}

/// <summary>One thing that happened, without time and place.</summary>
/// <param name="Name">Number of the register's, device's or routine's name; the same in both traces.</param>
/// <param name="Value">The register's value, the status, or a hash of the data.</param>
internal readonly record struct DiffAction(TraceStage Stage, DiffOperation Operation, int Name, ulong Value)
{
    /// <summary>The same thing, whatever the value.</summary>
    public DiffAction Subject => this with { Value = 0 };
}
