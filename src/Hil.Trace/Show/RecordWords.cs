using System.Globalization;

namespace Hil.Trace;

/// <summary>Records in words, with names for all that has one.</summary>
internal sealed class RecordWords(TraceReader reader)
{
    private const int CacheMax = 65_536;
    private const int DataBytesShown = 16;

    private readonly Dictionary<ulong, (string Register, string Tail)> _sites = [];
    private readonly Dictionary<ulong, (string Export, string Tail)> _callSites = [];
    private readonly Dictionary<TraceKind, TraceRecordKind> _kinds =
        reader.Kinds.DistinctBy(kind => kind.Kind).ToDictionary(kind => kind.Kind);

    /// <summary>The kind's name as the file has it.</summary>
    public string KindOf(TraceCursor record) =>
        _kinds.TryGetValue(record.Kind, out TraceRecordKind? kind) ? kind.Name : $"kind {(int)record.Kind}";

    /// <summary>The description of a kind as the file has it, or null.</summary>
    public TraceRecordKind? Find(TraceKind kind) => _kinds.GetValueOrDefault(kind);

    public string Of(TraceCursor r, IrpState? irp) => r.Kind switch
    {
        TraceKind.Read => $"read{Bits(r)} {Site(r).Register} -> 0x{r[1]:x}{Site(r).Tail}",
        TraceKind.Write => $"write{Bits(r)} {Site(r).Register} = 0x{r[1]:x}{Site(r).Tail}",
        TraceKind.ReadBlock => $"read{Bits(r)} block {Site(r).Register} -> {Data(r)}{Site(r).Tail}",
        TraceKind.WriteBlock => $"write{Bits(r)} block {Site(r).Register} = {Data(r)}{Site(r).Tail}",
        TraceKind.Call => $"{CallSite(r).Export}({Arguments(r, CallSite(r).Export)}){CallSite(r).Tail}",
        TraceKind.Return => $"{CallSite(r).Export} returned 0x{r[1]:x}",
        TraceKind.Dma => $"the device wrote {Data(r)} at 0x{r[1]:x}",
        TraceKind.Share => $"{r[1]} bytes at 0x{r[0]:x} are shared with devices{Sharing(r[2])}",
        TraceKind.Unshare => $"{r[1]} bytes at 0x{r[0]:x} are not shared any more{Sharing(r[2])}",
        TraceKind.Pointer => $"address 0x{r[1]:x} for the device at 0x{r[0]:x}",
        >= TraceKind.IrpCreate and <= TraceKind.IrpCancel => OfIrp(r, irp),
        >= TraceKind.IsrEnter and <= TraceKind.Storm => OfInterrupt(r),
        TraceKind.Irql => $"IRQL {r[0]}",
        TraceKind.Thread => $"thread {r[0]}",
        TraceKind.Interrupt => $"interrupt, vector 0x{r[1]:x}",
        TraceKind.Line => OfLine(r),
        TraceKind.Fault => $"fault {r[0]} at 0x{r[1]:x}, address 0x{r[2]:x}",
        TraceKind.Slice => $"cut into at 0x{r[0]:x}",
        TraceKind.Request => Request(r),
        TraceKind.RequestDone => $"request {r[0]} done: {Status(r[1])}, {r[2]}{(r.Data.IsEmpty ? "" : $", {Data(r)}")}",
        _ => OfRun(r),
    };

    /// <summary>The register of a read or write, without the device.</summary>
    public string Register(TraceCursor record) => Site(record).Register;

    public static string Status(ulong status) => new NTSTATUS((int)status).ToString();

    private static string OfIrp(TraceCursor r, IrpState? irp) => r.Kind switch
    {
        TraceKind.IrpCreate => $"IRP {r[0]} created",
        TraceKind.IrpDispatch => $"dispatch {Dispatched(r, irp)}{To(r.Text(r[1]))}",
        TraceKind.IrpQueue => $"queued{Behind(r.Text(r[1]))}",
        TraceKind.StartIo => $"StartIo{Of(r.Text(r[1]))}",
        TraceKind.StartIoEnd => "StartIo returned",
        TraceKind.IrpComplete => $"completed: {Status(r[1])}, {r[2]}",
        TraceKind.IrpFinish => $"finished: {Status(r[1])}, {r[2]}",
        _ => "cancelled",
    };

    private static string Sharing(ulong sharing) =>
        (DmaSharing)sharing == DmaSharing.Transfer ? " for a transfer" : "";

    private static string Dispatched(TraceCursor r, IrpState? irp)
    {
        byte major = (byte)r[2];
        return irp is { IsDispatched: true } && irp.Major == major && irp.Minor == r[3]
            ? irp.Request
            : IrpState.NameOf(major, (byte)r[3]);
    }

    private static string To(string device) => device.Length == 0 ? "" : $" to {device}";

    private static string Behind(string device) => device.Length == 0 ? "" : $" behind {device}";

    private static string Of(string device) => device.Length == 0 ? "" : $" of {device}";

    private static string OfInterrupt(TraceCursor r) => r.Kind switch
    {
        TraceKind.IsrEnter => $"ISR, vector 0x{r[0]:x}",
        TraceKind.IsrLeave => $"ISR {(r[2] != 0 ? "claimed" : "did not claim")} vector 0x{r[0]:x}",
        TraceKind.DpcEnter => $"DPC {r.Text(r[1])}",
        TraceKind.DpcLeave => $"DPC {r.Text(r[1])} returned",
        TraceKind.Unclaimed => $"nobody claimed vector 0x{r[0]:x}",
        _ => $"interrupt storm on line {r[0]}: {r[1]} interrupts that nobody cleared",
    };

    private string OfRun(TraceCursor r) => r.Kind switch
    {
        TraceKind.Pnp => $"{r.Text(r[3])} {Status(r[2])}",
        TraceKind.Driver => r.Text(r[1]),
        TraceKind.Print => $"DbgPrint: {OneLine(TraceUtf8.Decode(r.Data))}",
        TraceKind.Violation => $"violation: {OneLine(r.Text(r[1]))}",
        TraceKind.BugCheck =>
            $"bug check 0x{r[0]:X} (0x{r[1]:x}, 0x{r[2]:x}, 0x{r[3]:x}, 0x{r[4]:x}): {OneLine(r.Text(r[5]))}",
        TraceKind.ErrorLog => $"error log 0x{r[1]:x}: {OneLine(r.Text(r[2]))}",
        TraceKind.Inexact => $"not exact: {r.Text(r[0])}, 0x{r[1]:x}",
        TraceKind.Module => $"image at 0x{r[0]:x}, {r[1]} bytes: {Json(r)}",
        TraceKind.Profile => $"profile: {Json(r)}",
        TraceKind.End => $"end, exit code {r[0]}",
        _ => Fields(r),
    };

    // Any kind, from the schema alone: also those that a newer version has.
    private string Fields(TraceCursor r)
    {
        if (Find(r.Kind) is not { } kind)
            return KindOf(r);
        var words = new List<string> { kind.Name };
        for (int i = 0; i < kind.Fields.Length; i++)
            words.Add($"{kind.Fields[i].Name} {Value(r, kind.Fields[i].Meaning, r[i])}");
        if (kind.HasData)
            words.Add(kind.IsText ? OneLine(TraceUtf8.Decode(r.Data)) : Data(r));
        return string.Join(' ', words);
    }

    public static string Value(TraceCursor r, TraceFieldMeaning meaning, ulong value) => meaning switch
    {
        TraceFieldMeaning.Text => OneLine(r.Text(value)),
        TraceFieldMeaning.Site => RegisterName.Of(r.Site(value)),
        TraceFieldMeaning.CallSite => r.Text(r.CallSite(value).Export),
        TraceFieldMeaning.Status => Status(value),
        TraceFieldMeaning.Hex => $"0x{value:x}",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    private static string Request(TraceCursor r)
    {
        string code = r[3] == 0 ? "" : $" 0x{r[3]:x}";
        string data = r.Data.IsEmpty ? "" : $", {Data(r)}";
        return $"request {r[0]} from above: {(OutsideRequestKind)r[1]}{code}{data}";
    }

    private static string OfLine(TraceCursor r) => (TraceLineState)r[2] switch
    {
        TraceLineState.Masked => $"line {r[0]} masked",
        TraceLineState.Unmasked => $"line {r[0]} unmasked",
        TraceLineState.ConnectedEdge => $"line {r[0]} connected to vector 0x{r[1]:x}, edge",
        TraceLineState.ConnectedLevel => $"line {r[0]} connected to vector 0x{r[1]:x}, level",
        _ => $"line {r[0]}, vector 0x{r[1]:x}, state {r[2]}",
    };

    private static string Arguments(TraceCursor r, string export)
    {
        const int ArgumentsRecorded = 4;
        int count = ExportTable.TryFind(export, out int id)
            ? Math.Min(ExportTable.Functions[id].Parameters, ArgumentsRecorded)
            : ArgumentsRecorded;
        string[] words = new string[count];
        for (int i = 0; i < count; i++)
            words[i] = $"0x{r[i + 1]:x}";
        return string.Join(", ", words);
    }

    private static string Data(TraceCursor r)
    {
        ReadOnlySpan<byte> data = r.Data;
        string bytes = Convert.ToHexStringLower(data[..Math.Min(data.Length, DataBytesShown)]);
        return $"{data.Length} bytes {bytes}{(data.Length > DataBytesShown ? "…" : "")}";
    }

    private static string Json(TraceCursor r) => OneLine(TraceUtf8.Decode(r.Data));

    /// <summary>Without line ends and other control characters: a hostile text cannot drive the terminal.</summary>
    public static string OneLine(string text)
    {
        text = text.TrimEnd('\r', '\n');
        return text.AsSpan().ContainsAnyInRange('\0', '\x1f') || text.AsSpan().ContainsAnyInRange('\x7f', '\x9f')
            ? string.Concat(text.Select(static c => char.IsControl(c) ? '·' : c))
            : text;
    }

    private static int Bits(TraceCursor r) => r.Site(r[0]).Width * 8;

    private (string Register, string Tail) Site(TraceCursor r)
    {
        if (_sites.TryGetValue(r[0], out (string Register, string Tail) known))
            return known;
        TraceSite site = r.Site(r[0]);
        string device = r.Text(site.Device);
        string place = r.Text(site.Place);
        if (_sites.Count >= CacheMax)
            _sites.Clear();
        return _sites[r[0]] = (RegisterName.Of(site), OneLine(Tail(place, device)));
    }

    private (string Export, string Tail) CallSite(TraceCursor r)
    {
        if (_callSites.TryGetValue(r[0], out (string Export, string Tail) known))
            return known;
        TraceCallSite site = r.CallSite(r[0]);
        if (_callSites.Count >= CacheMax)
            _callSites.Clear();
        return _callSites[r[0]] = (OneLine(r.Text(site.Export)), OneLine(Tail(r.Text(site.Place), "")));
    }

    private static string Tail(string place, string device) =>
        (place.Length == 0 ? "" : $"  at {place}") + (device.Length == 0 ? "" : $"  [{device}]");
}
