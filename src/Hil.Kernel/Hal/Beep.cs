namespace Hil.Kernel;

public static unsafe partial class Hal
{
    /// <summary>Sounds the speaker at a frequency in Hz; 0 ends it. FALSE for a frequency that the timer cannot
    /// make.</summary>
    /// <remarks>WDK: HalMakeBeep. Counter 2 of the interval timer, gated through port 0x61.</remarks>
    [Export]
    public static BOOLEAN HalMakeBeep(uint frequency)
    {
        const uint TimerHz = 1_193_182;
        const ushort Counter2 = 0x42, TimerCommand = 0x43, SpeakerGate = 0x61;
        const uint SquareWaveOnCounter2 = 0xB6, GateAndData = 3;
        IBus bus = NtKernel.Current.Bus;
        uint gate = bus.ReadPort(SpeakerGate, 1) & ~GateAndData;
        bus.WritePort(SpeakerGate, 1, gate);
        if (frequency == 0)
            return true;
        uint divisor = TimerHz / frequency;
        if (divisor is 0 or > ushort.MaxValue)
            return false;
        bus.WritePort(TimerCommand, 1, SquareWaveOnCounter2);
        bus.WritePort(Counter2, 1, divisor & 0xFF);
        bus.WritePort(Counter2, 1, divisor >> 8);
        bus.WritePort(SpeakerGate, 1, gate | GateAndData);
        return true;
    }

    // No port belongs to a debugger.
    [ExportData("KdComPortInUse", 8)]
    public static void InitializeKdComPortInUse(byte* storage) => *(ulong*)storage = 0;
}
