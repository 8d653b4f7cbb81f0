using System.Runtime.CompilerServices;

namespace Hil.Machine;

// What comes back is the guest's word: frames are checked before anybody reads them.
public sealed unsafe partial class VirtualCpu
{
    private const ulong CallNumberMask = (1 << MonitorLayout.CallNumberBits) - 1;
    private const uint InstructionsPerUnit = 100; // 100 ns at 1 ns each, which is how QEMU counts them.

    public KernelCall CallOf(in VcpuExit exit)
    {
        ref ulong registers = ref _mailbox.Operand(MonitorLayout.C);
        var returnAddress = (long)_mailbox.Operand(MonitorLayout.A) >> MonitorLayout.CallNumberBits;
        return new KernelCall((ulong)returnAddress, (ulong*)Unsafe.AsPointer(ref registers));
    }

    private VcpuExit ReadExit()
    {
        uint reason = _mailbox.Operation;
        ulong value = _mailbox.Operand(MonitorLayout.A);
        ulong frame = _mailbox.Operand(MonitorLayout.B);
        KIRQL irql = _mailbox.Irql;
        _idleIrql = irql;
        switch (reason)
        {
            case (uint)VcpuExitReason.Returned:
                return new VcpuExit(VcpuExitReason.Returned, irql, value, frame);
            case (uint)VcpuExitReason.KernelCall:
                CheckFrame(frame, (ulong)sizeof(KernelCallFrame));
                return new VcpuExit(VcpuExitReason.KernelCall, irql, value & CallNumberMask, frame);
            case (uint)VcpuExitReason.Interrupt:
                if ((byte)value == IVirtualProcessor.WakeVector)
                    AcceptWake();
                goto case (uint)VcpuExitReason.Watchdog;
            case (uint)VcpuExitReason.Slice:
                Spent += _sliceInstructions / InstructionsPerUnit;
                CheckFrame(frame, (ulong)sizeof(TrapFrame));
                return new VcpuExit(
                    Spent < _watchdog ? VcpuExitReason.Slice : VcpuExitReason.Watchdog, irql, value, frame);
            case (uint)VcpuExitReason.Fault:
            case (uint)VcpuExitReason.Watchdog:
                frame = FromGuest(frame);
                return new VcpuExit((VcpuExitReason)reason, irql, value, frame);
            case (uint)VcpuExitReason.NotStarted:
                return new VcpuExit(VcpuExitReason.NotStarted, irql, 0, 0);
            default:
                FailMonitor();
                return default;
        }
    }

    // The exit may be for a Wake: a deadline that has not come stays armed.
    private void AcceptWake()
    {
        _cutInRequested = false;
        if (_clock.InterruptTime >= _preemptAt)
            _preemptAt = long.MaxValue;
    }

    private void CheckFrame(ulong frame, ulong bytes)
    {
        ulong offset = frame - _ram.Base;
        if (offset >= _ram.Bytes || _ram.Bytes - offset < bytes)
            throw Lose($"the driver's stack pointer is outside memory (0x{frame:x})");
    }

    // Frames of double faults and NMIs lie on stacks in the monitor's data, which driver code sees at another address.
    private ulong FromGuest(ulong frame)
    {
        ulong offset = frame - MachineLayout.MonitorData;
        if (offset < MonitorLayout.Bytes - (ulong)sizeof(TrapFrame))
            return (ulong)_ram.MonitorData + offset;
        CheckFrame(frame, (ulong)sizeof(TrapFrame));
        return frame;
    }

    private ulong ToGuest(ulong frame)
    {
        ulong offset = frame - (ulong)_ram.MonitorData;
        return offset < MonitorLayout.Bytes ? MachineLayout.MonitorData + offset : frame;
    }
}
