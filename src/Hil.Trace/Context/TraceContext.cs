using System.Runtime.InteropServices;

namespace Hil.Trace;

// Records say what happened, not for whom. The context follows them and works that out, with memory for what is going
// on only. Each thread has a stack of frames; ISRs and DPCs run on top of the thread they cut into. A frame works for
// an IRP: StartIo and dispatch for theirs, a call for that of the frame around it, a service routine for the IRP that
// its device is busy with, a DPC for the IRP of the code that queued it. Which device an interrupt belongs to is
// learnt from the registers that StartIo and the service routine touch; while only one device is busy there is nothing
// to learn.

/// <summary>Knows, for each record of a trace, the IRP, stage, depth and IRQL that it belongs to.</summary>
public sealed class TraceContext
{
    private const int FramesMax = 512; // A driver has 24 KB of stack; a hostile trace is not followed further.
    private const int ThreadsMax = 4096;
    private const int DpcsMax = 65_536;

    private readonly Dictionary<ulong, List<TraceFrame>> _threads = [];
    private readonly IdCache<CallPlace> _calls = new();
    private readonly TraceIrps _irps = new();
    private readonly InterruptOwners _owners = new();
    private readonly Dictionary<ulong, ulong> _dpcIrps = [];
    private List<TraceFrame> _frames = [];
    private IrpState? _state;
    private ulong _baseIrp;
    private ulong _lastIsrIrp;

    public TraceContext() => _threads[0] = _frames;

    // The number is that of the record's field with the DPC.
    private enum CallRole : byte
    {
        Other = 0,
        QueuesFirstArgument = 1,
        QueuesThirdArgument = 3,
        QueuesFourthArgument = 4,
    }

    /// <summary>The IRP that the record is about or was made for; 0 for none.</summary>
    public ulong Irp { get; private set; }

    /// <summary>That IRP, while it lives and for the record that ends it.</summary>
    public IrpState? State => _state ??= _irps.Find(Irp);

    /// <summary>How many frames are around the record; a frame's first and last records are outside of it.</summary>
    public int Depth { get; private set; }

    public TraceStage Stage { get; private set; }

    public byte Irql { get; private set; }

    public ulong Thread { get; private set; }

    /// <summary>How many frames the record ended.</summary>
    public int Left { get; private set; }

    /// <summary>Whether the record began a frame: the last of <see cref="Frames"/>.</summary>
    public bool HasEntered { get; private set; }

    /// <summary>Whether another thread runs from this record on.</summary>
    public bool HasSwitched { get; private set; }

    /// <summary>The current thread's frames, outermost first.</summary>
    public ReadOnlySpan<TraceFrame> Frames => CollectionsMarshal.AsSpan(_frames);

    /// <summary>Takes the next record in.</summary>
    public void Advance(TraceCursor record)
    {
        Left = 0;
        HasEntered = HasSwitched = false;
        _state = null;
        ReadOnlySpan<TraceFrame> frames = Frames;
        Depth = frames.Length;
        if (frames.IsEmpty)
            (Irp, Stage) = (_baseIrp, TraceStage.Driver);
        else
            (Irp, Stage) = (frames[^1].Irp, frames[^1].Stage);
        switch (record.Kind)
        {
            case TraceKind.Read or TraceKind.Write or TraceKind.ReadBlock or TraceKind.WriteBlock:
                Learn(record);
                break;
            case TraceKind.Call:
                Call(record);
                break;
            case TraceKind.Return:
                Leave(TraceKind.Call, PlaceOf(record).Key);
                break;
            case TraceKind.Irql:
                Irql = (byte)record[0];
                break;
            case TraceKind.Thread:
                Switch(record[0]);
                break;
            case >= TraceKind.IsrEnter and <= TraceKind.DpcLeave:
                Interrupt(record);
                break;
            case >= TraceKind.IrpCreate and <= TraceKind.IrpCancel:
                FollowIrp(record);
                break;
            case TraceKind.RequestSeen or TraceKind.Request or TraceKind.RequestDone:
                Request(record);
                break;
        }
    }

    private void Enter(TraceKind kind, ulong key, TraceStage stage, ulong irp, ulong name)
    {
        Irp = irp;
        Stage = stage;
        if (_frames.Count >= FramesMax)
            return;
        _frames.Add(new TraceFrame(kind, key, stage, irp, name));
        HasEntered = true;
    }

    private void Leave(TraceKind kind, ulong key)
    {
        for (int i = _frames.Count - 1; i >= 0; i--)
        {
            TraceFrame frame = _frames[i];
            if (frame.Kind != kind || frame.Key != key)
                continue;
            // Frames above it were left by an exception.
            Left = _frames.Count - i;
            _frames.RemoveRange(i, Left);
            Irp = frame.Irp;
            Stage = frame.Stage;
            Depth = i;
            return;
        }
    }

    private void SetIrp(ulong irp)
    {
        if (_frames.Count == 0)
            _baseIrp = irp;
        else
            _frames[^1] = _frames[^1] with { Irp = irp };
    }

    private void Switch(ulong thread)
    {
        _baseIrp = 0;
        Irp = 0;
        if (thread == Thread)
            return;
        if (_frames.Count == 0)
            _threads.Remove(Thread);
        Thread = thread;
        HasSwitched = true;
        if (_threads.TryGetValue(thread, out List<TraceFrame>? frames))
        {
            _frames = frames;
            return;
        }
        if (_threads.Count >= ThreadsMax)
            _threads.Clear();
        _threads[thread] = _frames = [];
    }

    private void Call(TraceCursor record)
    {
        CallPlace place = PlaceOf(record);
        ulong irp = Irp;
        if (irp != 0 && place.Role != CallRole.Other && _dpcIrps.Count < DpcsMax)
            _dpcIrps[record[(int)place.Role]] = irp;
        Enter(TraceKind.Call, place.Key, Stage, irp, place.Export);
    }

    private CallPlace PlaceOf(TraceCursor record)
    {
        ulong id = record[0];
        return _calls.TryGet(id, out CallPlace place) ? place : _calls.Set(id, FindPlace(record, id));
    }

    private static CallPlace FindPlace(TraceCursor record, ulong id)
    {
        TraceCallSite site = record.CallSite(id);
        string export = record.Text(site.Export);
        // A call can return when its site has another id than when it was made.
        ulong key = site.Return ^ ((ulong)(uint)export.GetHashCode(StringComparison.Ordinal) << 32);
        return new CallPlace(key, site.Export, RoleOf(export));
    }

    private static CallRole RoleOf(string export) => export switch
    {
        "KeInsertQueueDpc" => CallRole.QueuesFirstArgument,
        "KeSetTimer" => CallRole.QueuesThirdArgument,
        "KeSetTimerEx" => CallRole.QueuesFourthArgument,
        _ => CallRole.Other,
    };

    private void Interrupt(TraceCursor record)
    {
        switch (record.Kind)
        {
            case TraceKind.IsrEnter:
                ulong irp = _lastIsrIrp = _owners.IrpOf(record[1], _irps);
                Enter(TraceKind.IsrEnter, record[1], TraceStage.Isr, irp, record[0]);
                break;
            case TraceKind.IsrLeave:
                Leave(TraceKind.IsrEnter, record[1]);
                _lastIsrIrp = Irp;
                break;
            case TraceKind.DpcEnter:
                Enter(TraceKind.DpcEnter, record[0], TraceStage.Dpc, IrpOfDpc(record[0]), record[1]);
                break;
            case TraceKind.DpcLeave:
                Leave(TraceKind.DpcEnter, record[0]);
                break;
        }
    }

    private ulong IrpOfDpc(ulong dpc)
    {
        if (!_dpcIrps.Remove(dpc, out ulong irp))
            irp = _lastIsrIrp;
        _lastIsrIrp = 0;
        return _irps.Find(irp) == null ? 0 : irp;
    }

    private void FollowIrp(TraceCursor record)
    {
        ulong number = Irp = record[0];
        _state = record.Kind == TraceKind.IrpCreate
            ? _irps.Create(number, record[1], record.Time)
            : _irps.Find(number);
        switch (record.Kind)
        {
            case TraceKind.IrpDispatch:
                SetIrp(number);
                break;
            case TraceKind.StartIo:
                Enter(TraceKind.StartIo, number, TraceStage.StartIo, number, record[1]);
                break;
            case TraceKind.StartIoEnd:
                Leave(TraceKind.StartIo, number);
                Irp = number;
                break;
            case TraceKind.IrpComplete when Stage is TraceStage.Isr or TraceStage.Dpc:
                AdoptInterrupt(number);
                break;
            case TraceKind.IrpFinish when _frames.Count == 0:
                _baseIrp = 0;
                break;
        }
        if (_state != null)
            _irps.Note(_state, record);
    }

    // What completes an IRP worked for it, even if nothing before said so.
    private void AdoptInterrupt(ulong irp)
    {
        for (int i = _frames.Count - 1; i >= 0 && _frames[i].Irp == 0; i--)
            _frames[i] = _frames[i] with { Irp = irp };
    }

    private void Request(TraceCursor record)
    {
        if (_frames.Count == 0)
            Irp = _baseIrp = 0;
        if (record.Kind == TraceKind.Request)
            _irps.NoteRequest(record[0], (uint)record[3]);
        else if (record.Kind == TraceKind.RequestDone)
            Irp = _irps.EndRequest(record[0]);
    }

    private void Learn(TraceCursor record)
    {
        if (Stage != TraceStage.StartIo && (Stage != TraceStage.Isr || !_irps.HasSeveralDevices))
            return;
        ulong function = record.Site(record[0]).Device;
        for (int i = _frames.Count - 1; i >= 0; i--)
        {
            TraceFrame frame = _frames[i];
            if (frame.Kind == TraceKind.StartIo)
            {
                _owners.NoteStartIo(function, frame.Name);
                return;
            }
            if (frame.Kind != TraceKind.IsrEnter)
                continue;
            ulong irp = _owners.NoteInterrupt(function, frame.Key, _irps);
            if (frame.Irp == 0 && irp != 0)
                AdoptInterrupt(Irp = irp);
            return;
        }
    }

    /// <param name="Key">The same for all ids of the place.</param>
    /// <param name="Export">Id of the export's name.</param>
    private readonly record struct CallPlace(ulong Key, ulong Export, CallRole Role);
}
