namespace Hil.Trace.Tests.Export;

// https://perfetto.dev/docs/reference/trace-packet-proto and /docs/reference/synthetic-track-event. A reader sorts
// events by time, keeping the order of equal ones, and leaves out silently what breaks these rules.

/// <summary>What Perfetto's trace format demands of a file of track events.</summary>
internal sealed class PerfettoRules
{
    private const int Timestamp = 8, SequenceId = 10, Event = 11, Interned = 12, Flags = 13, Descriptor = 60;
    private const int Uuid = 1, Parent = 5, Counter = 8;
    private const int Type = 9, NameId = 10, Track = 11, CounterValue = 30, Flow = 47, LastFlow = 48;
    private const ulong Begin = 1, End = 2, Instant = 3, Count = 4;
    private const ulong Clears = 1, Needs = 2;

    private readonly Dictionary<ulong, bool> _isCounter = [];
    private readonly HashSet<ulong> _names = [];
    private readonly List<(ulong Time, ProtoMessage Event)> _events = [];
    private bool _hasState;

    public int Events => _events.Count;

    public int Tracks => _isCounter.Count;

    public ulong From => _events.Min(static item => item.Time);

    public ulong To => _events.Max(static item => item.Time);

    /// <summary>How many slices each flow goes through.</summary>
    public Dictionary<ulong, int> Flows { get; } = [];

    public static PerfettoRules Check(byte[] file)
    {
        var rules = new PerfettoRules();
        List<ProtoMessage> packets = [.. ProtoMessage.Parse(file).Messages(1)];
        Assert.Single(packets.Select(static packet => packet.Value(SequenceId)).Distinct());
        foreach (ProtoMessage packet in packets)
            rules.Add(packet);
        rules.CheckSlices();
        return rules;
    }

    private void Add(ProtoMessage packet)
    {
        Assert.NotEqual(0UL, packet.Value(SequenceId));
        AddNames(packet);
        if (packet.Message(Descriptor) is { } descriptor)
            AddTrack(descriptor);
        if (packet.Message(Event) is { } trackEvent)
            AddEvent(packet, trackEvent);
    }

    private void AddNames(ProtoMessage packet)
    {
        if ((packet.Value(Flags) & Clears) != 0)
        {
            _names.Clear();
            _hasState = true;
        }
        foreach (ProtoMessage name in packet.Messages(Interned).SelectMany(static data => data.Messages(2)))
        {
            Assert.True(_hasState, "a name before incremental state was cleared");
            Assert.True(name.Value(1) != 0 && _names.Add(name.Value(1)), "an id is not 0 and is not given twice");
        }
    }

    private void AddTrack(ProtoMessage descriptor)
    {
        Assert.NotEqual(0UL, descriptor.Value(Uuid));
        Assert.True(_isCounter.TryAdd(descriptor.Value(Uuid), descriptor.Has(Counter)), "a track is described once");
        Assert.True(!descriptor.Has(Parent) || _isCounter.ContainsKey(descriptor.Value(Parent)), "parents come first");
    }

    private void AddEvent(ProtoMessage packet, ProtoMessage trackEvent)
    {
        Assert.True(packet.Has(Timestamp), "an event has a time");
        Assert.True(_isCounter.TryGetValue(trackEvent.Value(Track), out bool isCounter), "a track is described first");
        ulong type = trackEvent.Value(Type);
        Assert.InRange(type, Begin, Count);
        Assert.Equal(isCounter, type == Count);
        Assert.Equal(isCounter, trackEvent.Has(CounterValue));
        Assert.Equal(type is Begin or Instant, trackEvent.Has(NameId));
        if (trackEvent.Has(NameId))
        {
            Assert.NotEqual(0UL, packet.Value(Flags) & Needs);
            Assert.Contains(trackEvent.Value(NameId), _names);
        }
        _events.Add((packet.Value(Timestamp), trackEvent));
    }

    private void CheckSlices()
    {
        var depths = _isCounter.Keys.ToDictionary(static track => track, static _ => 0);
        foreach ((ulong time, ProtoMessage trackEvent) in _events.OrderBy(static item => item.Time))
        {
            ulong type = trackEvent.Value(Type);
            depths[trackEvent.Value(Track)] += type == Begin ? 1 : type == End ? -1 : 0;
            Assert.True(depths[trackEvent.Value(Track)] >= 0, $"a slice ends at {time} that did not begin");
            foreach (ulong flow in trackEvent.Values(Flow).Concat(trackEvent.Values(LastFlow)))
            {
                Assert.Equal(Begin, type);
                Flows[flow] = Flows.GetValueOrDefault(flow) + 1;
            }
        }
        Assert.All(depths, static track => Assert.Equal(0, track.Value));
    }
}
