namespace Hil.Trace;

/// <summary>How a field of a record is written.</summary>
public enum TraceFieldCoding : byte
{
    /// <summary>Zigzag varint of the difference to the same field of the last record of this kind.</summary>
    Delta,

    /// <summary>Zigzag varint of the difference to the same field of the last record of this kind whose first field is
    /// the same.</summary>
    Keyed,
}

/// <summary>What a field's value stands for.</summary>
public enum TraceFieldMeaning : byte
{
    Number,

    /// <summary>Shown in hexadecimal: an address, a register's value.</summary>
    Hex,

    /// <summary>Id of a String record.</summary>
    Text,

    /// <summary>Id of a Site record.</summary>
    Site,

    /// <summary>Id of a CallSite record.</summary>
    CallSite,

    /// <summary>Number of an IRP, from 1.</summary>
    Irp,

    /// <summary>An NTSTATUS.</summary>
    Status,
}

/// <summary>One field of a record kind.</summary>
public sealed record TraceField(
    string Name,
    TraceFieldMeaning Meaning = TraceFieldMeaning.Number,
    TraceFieldCoding Coding = TraceFieldCoding.Delta);
