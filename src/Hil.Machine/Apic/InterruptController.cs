namespace Hil.Machine.Apic;

/// <summary>Routes lines through the IOAPIC and messages straight to the local APIC of processor 0.</summary>
public sealed class InterruptController : IInterruptController
{
    // Bits 31:20 select the message window; destination 0, no redirection hint (Intel SDM volume 3, 11.11).
    private const ulong MessageAddress = 0xFEE0_0000;

    // Vectors below 16 are illegal for the local APIC.
    private const byte FirstVector = 16;

    private readonly IoApic _ioApic;
    private uint _lines; // Read when it is first needed: the machine may not have booted yet.

    public InterruptController(IBus bus) => _ioApic = new IoApic(bus);

    public void ConnectLine(uint line, byte vector, bool levelSensitive, bool activeLow)
    {
        RequireLine(line);
        Invariant.Holds(vector >= FirstVector, "interrupt vectors are 16 and up");
        _ioApic.Connect(line, vector, levelSensitive, activeLow);
    }

    public void MaskLine(uint line)
    {
        RequireLine(line);
        _ioApic.Mask(line);
    }

    public void UnmaskLine(uint line)
    {
        RequireLine(line);
        _ioApic.Unmask(line);
    }

    public (ulong Address, uint Data) MessageFor(byte vector)
    {
        Invariant.Holds(vector >= FirstVector, "interrupt vectors are 16 and up");
        return (MessageAddress, vector);
    }

    private void RequireLine(uint line)
    {
        if (_lines == 0)
            _lines = _ioApic.ReadInputCount();
        Invariant.Holds(line < _lines, "a line is an input of the IOAPIC");
    }
}
