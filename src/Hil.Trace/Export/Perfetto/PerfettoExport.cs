using Google.Protobuf;
using Hil.Trace.Export.Perfetto;

namespace Hil.Trace;

/// <summary>Writes a trace for ui.perfetto.dev. Packets are written as they come: a file of them is a trace.</summary>
internal sealed class PerfettoExport : ITimelineSink
{
    private const int PacketField = 1;
    private const ulong Root = 1;
    private const ulong FirstTrack = 2;
    private const uint Sequence = 1;
    private const uint IncrementalStateCleared = 1;
    private const uint NeedsIncrementalState = 2;
    private const int OrderedByRank = 3;
    private const int CountUnit = 2;
    private const int SliceBegin = 1;
    private const int SliceEnd = 2;
    private const int Instant = 3;
    private const int Counter = 4;
    private const int NamesMax = 100_000;

    private readonly Dictionary<string, ulong> _names = [];
    private readonly CodedOutputStream _output;
    private readonly TracePacket _packet = new();

    private PerfettoExport(CodedOutputStream output, string title)
    {
        _output = output;
        Write(new TracePacket
        {
            TrustedPacketSequenceId = Sequence,
            SequenceFlags = IncrementalStateCleared,
            TrackDescriptor = new TrackDescriptor
            {
                Uuid = Root,
                Process = new ProcessDescriptor { Pid = 1, ProcessName = title },
                ChildOrdering = OrderedByRank,
            },
        });
    }

    public static void Write(TraceReader reader, Stream target)
    {
        using var output = new CodedOutputStream(target, leaveOpen: true);
        var export = new PerfettoExport(output, Path.GetFileName(reader.Path));
        TimelineBuilder.Build(reader, export);
    }

    public void Track(int track, string name, bool isCounter)
    {
        var descriptor = new TrackDescriptor
        {
            Uuid = FirstTrack + (ulong)track,
            ParentUuid = Root,
            Name = name,
            SiblingOrderRank = track,
        };
        if (isCounter)
            descriptor.Counter = new CounterDescriptor { Unit = CountUnit };
        Write(new TracePacket { TrustedPacketSequenceId = Sequence, TrackDescriptor = descriptor });
    }

    public void Begin(int track, long time, TimelineKind kind, string name, ulong irp)
    {
        TrackEvent slice = NewEvent(track, SliceBegin);
        if (irp != 0)
        {
            slice.DebugAnnotations.Add(new DebugAnnotation { Name = "IRP", UintValue = irp });
            // Arrows lead from stage to stage of an IRP.
            if (kind != TimelineKind.Call)
                slice.FlowIds.Add(irp);
        }
        Write(slice, time, name);
    }

    public void End(int track, long time) => Write(NewEvent(track, SliceEnd), time, null);

    public void Mark(int track, long time, TimelineKind kind, string name, ulong irp, ulong? value)
    {
        TrackEvent mark = NewEvent(track, Instant);
        if (irp != 0)
            mark.DebugAnnotations.Add(new DebugAnnotation { Name = "IRP", UintValue = irp });
        if (value is { } number)
            mark.DebugAnnotations.Add(new DebugAnnotation { Name = "value", StringValue = $"0x{number:x}" });
        Write(mark, time, name);
    }

    public void Count(int track, long time, long value)
    {
        TrackEvent count = NewEvent(track, Counter);
        count.CounterValue = value;
        Write(count, time, null);
    }

    public void Irp(IrpState irp, string device, string? status, bool isFailed, long from, long to)
    {
    }

    private static TrackEvent NewEvent(int track, int type) =>
        new() { TrackUuid = FirstTrack + (ulong)track, Type = type };

    private void Write(TrackEvent trackEvent, long time, string? name)
    {
        _packet.Timestamp = (ulong)time;
        _packet.TrustedPacketSequenceId = Sequence;
        _packet.SequenceFlags = NeedsIncrementalState;
        _packet.InternedData = null;
        if (name != null)
            trackEvent.NameIid = Intern(name);
        _packet.TrackEvent = trackEvent;
        Write(_packet);
    }

    // A name is written once, with the packet that uses it first. Too many make the reader forget them all.
    private ulong Intern(string name)
    {
        if (_names.TryGetValue(name, out ulong id))
            return id;
        if (_names.Count >= NamesMax)
        {
            _names.Clear();
            _packet.SequenceFlags |= IncrementalStateCleared;
        }
        id = (ulong)_names.Count + 1;
        _names.Add(name, id);
        _packet.InternedData = new InternedData { EventNames = { new EventName { Iid = id, Name = name } } };
        return id;
    }

    private void Write(TracePacket packet)
    {
        _output.WriteTag(PacketField, WireFormat.WireType.LengthDelimited);
        _output.WriteMessage(packet);
    }
}
