namespace Hil.Trace;

/// <summary>Which device an interrupt object serves, as learnt from the registers that its routine touches.</summary>
internal sealed class InterruptOwners
{
    private const int Max = 4096;

    private readonly Dictionary<ulong, ulong> _functionDevices = [];
    private readonly Dictionary<ulong, ulong> _interruptDevices = [];

    /// <summary>StartIo of a device has touched a PCI function.</summary>
    public void NoteStartIo(ulong function, ulong device)
    {
        if (_functionDevices.Count < Max)
            _functionDevices[function] = device;
    }

    /// <summary>A service routine has touched a PCI function. Returns the IRP that its device is busy with, or
    /// 0.</summary>
    public ulong NoteInterrupt(ulong function, ulong interrupt, TraceIrps irps)
    {
        if (!_functionDevices.TryGetValue(function, out ulong device))
            return 0;
        if (_interruptDevices.Count < Max)
            _interruptDevices[interrupt] = device;
        return irps.BusyWith(device);
    }

    /// <summary>The IRP that an interrupt is for, or 0.</summary>
    public ulong IrpOf(ulong interrupt, TraceIrps irps) =>
        _interruptDevices.TryGetValue(interrupt, out ulong device) ? irps.BusyWith(device) : irps.OnlyOne;
}
