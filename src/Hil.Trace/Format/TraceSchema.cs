using static Hil.Trace.TraceFieldCoding;
using static Hil.Trace.TraceFieldMeaning;

namespace Hil.Trace;

/// <summary>What a record kind is called and made of. All records have a time besides.</summary>
/// <param name="Category">What `--capture` can leave out; "core" cannot be left out.</param>
/// <param name="HasData">Whether bytes follow the fields.</param>
/// <param name="IsInput">Whether replay answers the driver from it.</param>
public sealed record TraceRecordKind(
    TraceKind Kind, string Name, string Category, bool HasData, bool IsInput, params TraceField[] Fields)
{
    /// <summary>Whether the bytes are a text in UTF-8.</summary>
    public bool IsText { get; init; }
}

/// <summary>Every record kind that this version writes. The table is in each file's header, so that readers of another
/// version can step over what they do not know.</summary>
public static class TraceSchema
{
    public static IReadOnlyList<TraceRecordKind> Kinds { get; } =
    [
        Define(TraceKind.String, "string", "core", Field("id")),
        Kind(TraceKind.Site, "site", "core", Field("id"), Field("rip", Hex), Field("space"), Field("address", Hex),
            Field("access"), Field("device", Text), Field("bar"), Field("offset", Hex), Field("place", Text)),
        Kind(TraceKind.CallSite, "callsite", "core", Field("id"), Field("export", Text), Field("return", Hex),
            Field("place", Text)),

        Define(TraceKind.Profile, "profile", "core"),
        Define(TraceKind.Module, "module", "core", Field("base", Hex), Field("bytes")),
        Define(TraceKind.Image, "image", "core", Field("module"), Field("file", Text)),
        Kind(TraceKind.Inexact, "inexact", "core", Field("reason", Text), Field("address", Hex)),
        Kind(TraceKind.End, "end", "core", Field("exit-code")),

        Input(TraceKind.Read, "read", "registers", Field("site", Site), Field("value", Hex, Keyed)),
        Kind(TraceKind.Write, "write", "registers", Field("site", Site), Field("value", Hex, Keyed)),
        InputData(TraceKind.ReadBlock, "read-block", "registers", Field("site", Site)),
        Define(TraceKind.WriteBlock, "write-block", "registers", Field("site", Site)),
        Input(TraceKind.Pending, "pending", "interrupts", Field("skipped")),
        Input(TraceKind.Interrupt, "interrupt", "interrupts", Field("skipped"), Field("vector"), Field("rip", Hex)),
        Kind(TraceKind.Line, "line", "interrupts", Field("line"), Field("vector"), Field("state")),
        InputData(TraceKind.Dma, "dma", "dma", Field("skipped"), Field("address", Hex)),
        Kind(TraceKind.Share, "share", "dma", Field("address", Hex), Field("bytes"), Field("sharing")),
        Kind(TraceKind.Unshare, "unshare", "dma", Field("address", Hex), Field("bytes"), Field("sharing")),
        Input(TraceKind.Pointer, "pointer", "dma", Field("address", Hex), Field("value", Hex)),
        Input(TraceKind.Clock, "clock", "clock", Field("which"), Field("value", Number, Keyed)),
        Input(TraceKind.Choice, "choice", "schedule", Field("skipped"), Field("what"), Field("value")),
        InputData(TraceKind.Random, "random", "core"),
        Input(TraceKind.NotStarted, "not-started", "interrupts", Field("skipped")),

        Input(TraceKind.Deadline, "deadline", "clock", Field("skipped")),
        Input(TraceKind.Watchdog, "watchdog", "schedule", Field("skipped")),

        Input(TraceKind.RequestSeen, "request-seen", "requests", Field("skipped")),
        InputData(TraceKind.Request, "request", "requests", Field("number"), Field("what"), Field("file"),
            Field("code", Hex), Field("offset", Hex), Field("flags", Hex), Field("input-address", Hex),
            Field("output-address", Hex), Field("output-bytes")),
        Define(TraceKind.RequestDone, "request-done", "requests", Field("number"), Field("status", Status),
            Field("information")),

        Kind(TraceKind.Call, "call", "calls", Field("site", CallSite), Field("a0", Hex, Keyed), Field("a1", Hex, Keyed),
            Field("a2", Hex, Keyed), Field("a3", Hex, Keyed)),
        Kind(TraceKind.Return, "return", "calls", Field("site", CallSite), Field("value", Hex, Keyed)),
        Kind(TraceKind.Fault, "fault", "calls", Field("vector"), Field("rip", Hex), Field("address", Hex)),
        Input(TraceKind.Slice, "slice", "schedule", Field("rip", Hex)),
        Kind(TraceKind.Irql, "irql", "irql", Field("level")),
        Kind(TraceKind.Thread, "thread", "schedule", Field("id")),
        Kind(TraceKind.IsrEnter, "isr-enter", "irp", Field("vector"), Field("object", Hex)),
        Kind(TraceKind.IsrLeave, "isr-leave", "irp", Field("vector"), Field("object", Hex), Field("claimed")),
        Kind(TraceKind.DpcEnter, "dpc-enter", "irp", Field("object", Hex), Field("place", Text)),
        Kind(TraceKind.DpcLeave, "dpc-leave", "irp", Field("object", Hex), Field("place", Text)),
        Kind(TraceKind.Unclaimed, "unclaimed", "irp", Field("vector")),
        Kind(TraceKind.Storm, "storm", "irp", Field("line"), Field("count")),

        Kind(TraceKind.IrpCreate, "irp-create", "irp", Field("irp", Irp), Field("address", Hex)),
        Kind(TraceKind.IrpDispatch, "irp-dispatch", "irp", Field("irp", Irp), Field("device", Text), Field("major"),
            Field("minor")),
        Kind(TraceKind.IrpQueue, "irp-queue", "irp", Field("irp", Irp), Field("device", Text)),
        Kind(TraceKind.StartIo, "start-io", "irp", Field("irp", Irp), Field("device", Text)),
        Kind(TraceKind.StartIoEnd, "start-io-end", "irp", Field("irp", Irp), Field("device", Text)),
        Kind(TraceKind.IrpComplete, "irp-complete", "irp", Field("irp", Irp), Field("status", Status),
            Field("information")),
        Kind(TraceKind.IrpFinish, "irp-finish", "irp", Field("irp", Irp), Field("status", Status),
            Field("information")),
        Kind(TraceKind.IrpCancel, "irp-cancel", "irp", Field("irp", Irp)),

        Kind(TraceKind.Pnp, "pnp", "irp", Field("device", Text), Field("minor"), Field("status", Status),
            Field("text", Text)),
        Kind(TraceKind.Driver, "driver", "core", Field("status", Status), Field("text", Text)),
        Kind(TraceKind.Violation, "violation", "irp", Field("place", Text), Field("text", Text)),
        Kind(TraceKind.BugCheck, "bug-check", "core", Field("code", Hex), Field("p1", Hex), Field("p2", Hex),
            Field("p3", Hex), Field("p4", Hex), Field("text", Text)),
        Kind(TraceKind.ErrorLog, "error-log", "irp", Field("device", Text), Field("code", Hex), Field("text", Text)),
        Define(TraceKind.Print, "print", "irp") with { IsText = true },
    ];

    private static readonly TraceRecordKind?[] s_byNumber = MakeIndex();

    /// <summary>The description of a kind that this version writes.</summary>
    public static TraceRecordKind Of(TraceKind kind) => s_byNumber[(int)kind]!;

    /// <summary>Whether this version writes the kind.</summary>
    public static bool Knows(TraceKind kind) => s_byNumber[(int)kind] != null;

    private static TraceRecordKind?[] MakeIndex()
    {
        var index = new TraceRecordKind?[256];
        foreach (TraceRecordKind kind in Kinds)
            index[(int)kind.Kind] = kind;
        return index;
    }

    private static TraceField Field(
        string name, TraceFieldMeaning meaning = Number, TraceFieldCoding coding = Delta) => new(name, meaning, coding);

    private static TraceRecordKind Kind(TraceKind kind, string name, string category, params TraceField[] fields) =>
        new(kind, name, category, HasData: false, IsInput: false, fields);

    private static TraceRecordKind Define(TraceKind kind, string name, string category, params TraceField[] fields) =>
        new(kind, name, category, HasData: true, IsInput: false, fields);

    private static TraceRecordKind Input(TraceKind kind, string name, string category, params TraceField[] fields) =>
        new(kind, name, category, HasData: false, IsInput: true, fields);

    private static TraceRecordKind InputData(
        TraceKind kind, string name, string category, params TraceField[] fields) =>
        new(kind, name, category, HasData: true, IsInput: true, fields);
}
