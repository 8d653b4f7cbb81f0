namespace Hil.Trace;

/// <summary>A <see cref="TraceFilter"/> at work: what it says of a site or a kind is found out once.</summary>
internal sealed class RecordFilter
{
    private readonly TraceFilter _filter;
    private readonly bool[] _kinds = new bool[256];
    private readonly bool _hasTimes;
    private readonly IdCache<bool> _registers = new();
    private readonly IdCache<bool> _functions = new();

    public RecordFilter(TraceFilter filter)
    {
        _filter = filter;
        _hasTimes = filter.From > 0 || filter.To < long.MaxValue;
        for (int kind = 0; kind < _kinds.Length; kind++)
        {
            _kinds[kind] = (filter.Kinds?.Contains((TraceKind)kind) ?? true)
                && (filter.Register == null || IsAccess((TraceKind)kind));
        }
    }

    /// <summary>Whether a record passes.</summary>
    /// <param name="start">Time of the first record.</param>
    public bool Passes(TraceCursor record, TraceContext context, long start)
    {
        if (!_kinds[(byte)record.Kind] || (_filter.Irp is { } irp && context.Irp != irp))
            return false;
        if (_hasTimes && (record.Time - start < _filter.From || record.Time - start > _filter.To))
            return false;
        return (_filter.Register == null || IsRegister(record, _filter.Register))
            && (_filter.Device == null || IsDevice(record, context, _filter.Device));
    }

    private bool IsRegister(TraceCursor record, string register)
    {
        ulong site = record[0];
        return _registers.TryGet(site, out bool isIt)
            ? isIt
            : _registers.Set(
                site, RegisterName.Of(record.Site(site)).Equals(register, StringComparison.OrdinalIgnoreCase));
    }

    private bool IsDevice(TraceCursor record, TraceContext context, string device)
    {
        if (IsAccess(record.Kind))
            return IsFunction(record, record[0], device);
        string name = record.Kind switch
        {
            TraceKind.IrpDispatch or TraceKind.IrpQueue or TraceKind.StartIo or TraceKind.StartIoEnd =>
                record.Text(record[1]),
            TraceKind.Pnp or TraceKind.ErrorLog => record.Text(record[0]),
            _ => context.State is { IsDispatched: true } irp ? irp.Device : "",
        };
        return IsNamed(name, device);
    }

    private bool IsFunction(TraceCursor record, ulong site, string device) =>
        _functions.TryGet(site, out bool isIt)
            ? isIt
            : _functions.Set(site, IsNamed(record.Text(record.Site(site).Device), device));

    private static bool IsNamed(string name, string device) =>
        name.Contains(device, StringComparison.OrdinalIgnoreCase);

    private static bool IsAccess(TraceKind kind) => kind is >= TraceKind.Read and <= TraceKind.WriteBlock;
}
