namespace Hil.Trace;

/// <summary>Writes kernel events and kernel calls to the log, and passes events on.</summary>
/// <param name="next">Who hears events afterwards, or null.</param>
internal sealed unsafe class TraceRecorder(TraceLog log, IKernelObserver? next) : IKernelObserver, IKernelCallObserver
{
    private const int CacheEntries = 512; // A power of two.
    private const int IrpsMax = 4096;

    private readonly CachedSite[] _sites = new CachedSite[CacheEntries];
    private readonly Dictionary<ulong, ulong> _irps = [];
    private readonly CachedPlace[] _places = new CachedPlace[CacheEntries];
    private readonly byte[] _print = new byte[TraceFormat.TextBytesMax];
    private NtKernel? _kernel;
    private int _era;
    private int _irpsMax = IrpsMax;
    private (ulong Address, ulong Id) _lastIrp;
    private (KernelObject? Device, string? Title, ulong Id) _lastDevice;

    public void Attach(NtKernel kernel) => _kernel = kernel;

    public void OnCall(int export, ulong returnAddress, ulong* arguments)
    {
        if (!log.Wants(TraceKind.Call))
            return;
        // What lies beyond the parameters is left over from other code.
        int count = ExportTable.Functions[export].Parameters;
        log.Add(
            TraceKind.Call,
            [
                SiteOf(export, returnAddress), count > 0 ? arguments[0] : 0, count > 1 ? arguments[1] : 0,
                count > 2 ? arguments[2] : 0, count > 3 ? arguments[3] : 0,
            ]);
    }

    public void OnReturn(int export, ulong returnAddress, ulong result)
    {
        if (log.Wants(TraceKind.Return))
            log.Add(TraceKind.Return, [SiteOf(export, returnAddress), result]);
    }

    public void OnEvent(in KernelEvent kernelEvent)
    {
        log.StampAs(kernelEvent.Time);
        Record(kernelEvent);
        next?.OnEvent(kernelEvent);
    }

    private void Record(in KernelEvent e)
    {
        switch (e.Kind)
        {
            case KernelEventKind.IrpCreate:
                NoteIrp(e.A, e.B);
                log.Add(TraceKind.IrpCreate, [e.B, e.A]);
                break;
            case KernelEventKind.IrpDispatch:
                log.Add(TraceKind.IrpDispatch, [IrpOf(e.A), DeviceOf(e.B), e.C & 0xFF, e.C >> 8]);
                break;
            case KernelEventKind.IrpQueued:
                log.Add(TraceKind.IrpQueue, [IrpOf(e.A), DeviceOf(e.B)]);
                break;
            case KernelEventKind.StartIo:
                log.Add(TraceKind.StartIo, [IrpOf(e.A), DeviceOf(e.B)]);
                break;
            case KernelEventKind.StartIoReturned:
                log.Add(TraceKind.StartIoEnd, [IrpOf(e.A), DeviceOf(e.B)]);
                break;
            case KernelEventKind.IrpComplete:
                log.Add(TraceKind.IrpComplete, [IrpOf(e.A), (uint)e.B, e.C]);
                break;
            case KernelEventKind.IrpFinished:
                log.Add(TraceKind.IrpFinish, [IrpOf(e.A), (uint)e.B, e.C]);
                break;
            case KernelEventKind.IrpCancel:
                log.Add(TraceKind.IrpCancel, [IrpOf(e.A)]);
                break;
            case KernelEventKind.ThreadSwitch:
                log.Add(TraceKind.Thread, [e.A]);
                break;
            default:
                RecordRest(e);
                break;
        }
    }

    private void RecordRest(in KernelEvent e)
    {
        switch (e.Kind)
        {
            case KernelEventKind.IsrEnter:
                log.Add(TraceKind.IsrEnter, [e.A, e.B]);
                break;
            case KernelEventKind.IsrLeave:
                log.Add(TraceKind.IsrLeave, [e.A, e.B, e.C]);
                break;
            case KernelEventKind.DpcEnter:
                log.Add(TraceKind.DpcEnter, [e.A, PlaceOf(e.B)]);
                break;
            case KernelEventKind.DpcLeave:
                log.Add(TraceKind.DpcLeave, [e.A, PlaceOf(e.B)]);
                break;
            case KernelEventKind.InterruptUnclaimed:
                log.Add(TraceKind.Unclaimed, [e.A]);
                break;
            case KernelEventKind.InterruptStorm:
                log.Add(TraceKind.Storm, [e.A, e.B]);
                break;
            default:
                RecordWords(e);
                break;
        }
    }

    private void RecordWords(in KernelEvent e)
    {
        switch (e.Kind)
        {
            case KernelEventKind.Pnp:
                log.Add(TraceKind.Pnp, [DeviceOf(e.A), e.B, (uint)e.C, TextOf(e.Text)]);
                break;
            case KernelEventKind.Driver:
                ForgetPlaces();
                log.Add(TraceKind.Driver, [(uint)e.B, TextOf(e.Text)]);
                break;
            case KernelEventKind.DebugPrint:
                log.Add(TraceKind.Print, [], _print.AsSpan(0, TraceUtf8.Encode(e.Text ?? "", _print)));
                break;
            case KernelEventKind.Violation:
                log.Add(TraceKind.Violation, [TextOf(log.PlaceOf(e.A)), TextOf(e.Text)]);
                break;
            case KernelEventKind.ErrorLog:
                log.Add(TraceKind.ErrorLog, [DeviceOf(e.A), e.B, TextOf(e.Text)]);
                break;
            case KernelEventKind.BugCheck:
                RecordBugCheck(e);
                break;
        }
    }

    private void RecordBugCheck(in KernelEvent e)
    {
        BugCheckReport? report = _kernel?.StoppedBy;
        log.Add(
            TraceKind.BugCheck,
            [
                e.A, report?.Parameter1 ?? 0, report?.Parameter2 ?? 0, report?.Parameter3 ?? 0,
                report?.Parameter4 ?? 0, TextOf(e.Text),
            ]);
    }

    // An IRP that was set up in memory of a driver's own has a number as others have; 0 is one that never was an IRP.
    private ulong IrpOf(ulong address)
    {
        if (_lastIrp.Address != address)
            _lastIrp = (address, _irps.GetValueOrDefault(address));
        return _lastIrp.Id;
    }

    private void NoteIrp(ulong address, ulong number)
    {
        if (_irps.Count >= _irpsMax)
            ForgetFreedIrps();
        _irps[address] = number;
        _lastIrp = (address, number);
    }

    private void ForgetFreedIrps()
    {
        foreach ((ulong address, ulong number) in _irps)
        {
            if (_kernel != null && (ulong)_kernel.Io.IdOf(address) != number)
                _irps.Remove(address);
        }
        _irpsMax = Math.Max(IrpsMax, 2 * _irps.Count);
    }

    private ulong DeviceOf(ulong address)
    {
        FollowEra();
        if (_lastDevice.Device is { IsDeleted: false } last && last.Address == address
            && ReferenceEquals(last.Title, _lastDevice.Title))
            return _lastDevice.Id;
        KernelObject? device = _kernel?.Objects.Find((void*)address);
        _lastDevice = (device, device?.Title, log.DefineString(device?.Title ?? ""));
        return _lastDevice.Id;
    }

    private ulong PlaceOf(ulong address)
    {
        FollowEra();
        ref CachedPlace place = ref _places[(address ^ (address >> 9)) & (CacheEntries - 1)];
        if (place.Address != address)
            place = new CachedPlace(address, log.DefineString(log.PlaceOf(address)));
        return place.Id;
    }

    // Images come and go with driver events: the same address may then be somewhere else.
    private void ForgetPlaces()
    {
        Array.Clear(_places);
        Array.Clear(_sites);
    }

    private void FollowEra()
    {
        if (_era == log.Era.Number)
            return;
        _era = log.Era.Number;
        _lastDevice = default;
        ForgetPlaces();
    }

    private ulong TextOf(string? text) => log.DefineString(text ?? "");

    private ulong SiteOf(int export, ulong returnAddress)
    {
        FollowEra();
        ref CachedSite site = ref _sites[(returnAddress ^ (returnAddress >> 9)) & (CacheEntries - 1)];
        if (site.ReturnAddress != returnAddress || site.Export != export)
            site = new CachedSite(returnAddress, export, Define(export, returnAddress));
        return site.Id;
    }

    private ulong Define(int export, ulong returnAddress) => log.DefineCallSite(new TraceCallSite(
        log.DefineString(ExportTable.Functions[export].Name), returnAddress, PlaceOf(returnAddress)));

    private readonly record struct CachedPlace(ulong Address, ulong Id);

    private readonly record struct CachedSite(ulong ReturnAddress, int Export, ulong Id);
}
