namespace Hil.Kernel.Tests;

/// <summary>Lines and messages. A level-triggered line that stays asserted is delivered again after its interrupt is
/// ended.</summary>
public sealed class TestInterruptController : IInterruptController
{
    private readonly TestVirtualProcessor _processor;
    private readonly Dictionary<uint, Line> _lines = [];

    public TestInterruptController(TestVirtualProcessor processor)
    {
        _processor = processor;
        processor.Ended = OnEnded;
    }

    public void ConnectLine(uint line, byte vector, bool levelSensitive, bool activeLow)
    {
        Line state = Of(line);
        state.Vector = vector;
        state.IsLevel = levelSensitive;
        state.IsMasked = false;
        Deliver(state);
    }

    public void MaskLine(uint line) => Of(line).IsMasked = true;

    public void UnmaskLine(uint line)
    {
        Of(line).IsMasked = false;
        Deliver(Of(line));
    }

    public (ulong Address, uint Data) MessageFor(byte vector) => (0xFEE00000, vector);

    public bool IsMasked(uint line) => Of(line).IsMasked;

    /// <summary>What a device does with its pin.</summary>
    public void SetLine(uint line, bool asserted)
    {
        Line state = Of(line);
        bool rises = asserted && !state.IsAsserted;
        state.IsAsserted = asserted;
        if (rises || state.IsLevel)
            Deliver(state);
    }

    private void Deliver(Line line)
    {
        if (line.IsMasked || !line.IsAsserted || line.IsInService)
            return;
        line.IsInService = line.IsLevel; // Remote IRR.
        _processor.Raise(line.Vector);
    }

    private void OnEnded(byte vector)
    {
        foreach (Line line in _lines.Values)
        {
            if (line.Vector != vector || !line.IsInService)
                continue;
            line.IsInService = false;
            Deliver(line);
        }
    }

    private Line Of(uint line)
    {
        if (!_lines.TryGetValue(line, out Line? state))
            _lines.Add(line, state = new Line());
        return state;
    }

    private sealed class Line
    {
        public byte Vector { get; set; }

        public bool IsLevel { get; set; }

        public bool IsMasked { get; set; } = true;

        public bool IsAsserted { get; set; }

        public bool IsInService { get; set; }
    }
}
