using System.Diagnostics;
using Hil.Machine.Qemu;

namespace Hil.Machine;

/// <summary>The virtual processor: QEMU's vCPU under our monitor, driven through the mailbox.</summary>
public sealed unsafe partial class VirtualCpu : IVirtualProcessor
{
    private const uint SliceInstructionsMin = 1_000; // Far above what lies between the timer's start and driver code.

    // Code that faults all the time, such as a loop that reads a trapped register, is never caught sleeping, so the
    // watchdog counts its resumes: the time since the one before, if nothing but a trap was between them. On a
    // deterministic machine each counts what it takes in the mean, 2.5 µs.
    private const long ResumeMin = 10;
    private const long DeterministicResume = 25;
    private const long NoResume = long.MaxValue;

    private readonly RamWindow _ram;
    private readonly QemuProcess _qemu;
    private readonly IClock _clock;
    private readonly SharedTime _sharedTime;
    private readonly Mailbox _mailbox;
    private readonly long _spinTicks;
    private readonly long _watchdog;
    private readonly GuestRoutines _routines;
    private readonly bool _isDeterministic;
    private readonly bool _watchesCalls;
    private readonly uint _sliceInstructions;

    // Accepted and not yet taken; levels rise from bottom to top.
    private readonly byte[] _accepted = new byte[MonitorLayout.RingCapacity];
    private readonly bool[] _hasContext = new bool[MonitorLayout.ContextCount];
    private int _acceptedCount;
    private uint _ringSeen;
    private byte _endOfInterrupts;
    private bool _wantsDispatchInterrupt;
    private uint _wantedContext;
    private uint _loadedContext;
    private int _posted;
    private KIRQL _idleIrql;
    private long _preemptAt = long.MaxValue;
    private long _resumedAt = NoResume;

    // A wake has two ends: it cuts into driver code, and it ends an Idle. The first says nothing about the second: the
    // kernel may have looked for work for the last time before the driver code that was cut into.
    private volatile bool _cutInRequested;
    private volatile bool _wakeRequested;
    private volatile MachineLostException? _loss;

    /// <summary>The RAM window was prepared before QEMU started; <see cref="AwaitReady"/> comes before the first
    /// request.</summary>
    internal VirtualCpu(
        RamWindow ram, QemuProcess qemu, GuestRoutines routines, IClock clock, MachineOptions machine)
    {
        VirtualCpuOptions options = machine.Cpu;
        _isDeterministic = machine.Deterministic;
        _watchesCalls = machine is { Deterministic: true, WatchesCalls: true };
        _sliceInstructions = SliceInstructionsOf(machine);
        _ram = ram;
        _qemu = qemu;
        _clock = clock;
        _mailbox = new Mailbox(ram.MonitorData);
        _sharedTime = new SharedTime(ram.SharedUserData, clock);
        _spinTicks = (long)(options.Spin.TotalSeconds * Stopwatch.Frequency);
        _watchdog = options.Watchdog.Ticks;
        Patience = (options.Patience ?? options.Watchdog).Ticks;
        _routines = routines;
        qemu.OnLost(OnLost);
    }

    public ulong StubBase => _ram.Base + MachineLayout.StubsOffset;

    public uint StubCount => MachineLayout.StubCount;

    public long Spent { get; set; }

    public long Patience { get; }

    /// <summary>Writes what the monitor needs before QEMU starts.</summary>
    public static void Prepare(RamWindow ram, MachineOptions options)
    {
        byte* data = ram.MonitorData;
        var mailbox = new Mailbox(data);
        mailbox.Operand(MonitorLayout.A) = ram.ProcessorControlRegion;
        mailbox.Dword(MonitorLayout.SpinBudget) = options.Cpu.GuestSpinRounds;
        mailbox.Dword(MonitorLayout.InterruptsOpen) = options.Deterministic ? 0 : MonitorLayout.InterruptFlag;
        mailbox.Dword(MonitorLayout.SliceInstructions) = SliceInstructionsOf(options);
        byte* tss = data + MonitorLayout.TaskStateSegment;
        const int Ist1 = 0x24; // Intel SDM volume 3, figure 7-11.
        *(ulong*)(tss + Ist1) = MachineLayout.MonitorData + MonitorLayout.DoubleFaultStackTop;
        *(ulong*)(tss + Ist1 + 8) = MachineLayout.MonitorData + MonitorLayout.NmiStackTop;
        *(ulong*)(tss + Ist1 + 16) = MachineLayout.MonitorData + MonitorLayout.MachineCheckStackTop;
        ImportStubs.Write(ram);
    }

    public VcpuExit Call(ulong entry, ulong stackPointer, ulong rcx, ulong rdx, ulong r8, ulong r9, KIRQL irql)
    {
        BeforeRequest();
        _mailbox.Operand(MonitorLayout.A) = entry;
        _mailbox.Operand(MonitorLayout.B) = stackPointer;
        _mailbox.Operand(MonitorLayout.C) = rcx;
        _mailbox.Operand(MonitorLayout.D) = rdx;
        _mailbox.Operand(MonitorLayout.E) = r8;
        _mailbox.Operand(MonitorLayout.F) = r9;
        (Spent, _resumedAt) = (0, NoResume);
        return RunDriver(MonitorRequest.Call, irql);
    }

    public VcpuExit ResumeCall(ulong frame, ulong result, KIRQL irql)
    {
        BeforeRequest();
        if (_isDeterministic)
            ((KernelCallFrame*)frame)->Rflags &= ~InterruptFlag;
        _mailbox.Operand(MonitorLayout.A) = frame;
        _mailbox.Operand(MonitorLayout.B) = result;
        (Spent, _resumedAt) = (0, NoResume);
        return RunDriver(MonitorRequest.ResumeCall, irql);
    }

    public VcpuExit ResumeTrap(ulong frame, KIRQL irql)
    {
        Spent += TimeOfResume();
        if (Spent >= _watchdog)
            return new VcpuExit(VcpuExitReason.Watchdog, irql, 0, frame);
        BeforeRequest();
        if (_isDeterministic)
            CloseInterrupts((TrapFrame*)frame);
        _mailbox.Operand(MonitorLayout.A) = ToGuest(frame);
        return RunDriver(MonitorRequest.ResumeTrap, irql);
    }

    private long TimeOfResume()
    {
        if (_isDeterministic)
            return DeterministicResume;
        long now = _clock.InterruptTime;
        long time = Math.Clamp(now - _resumedAt, ResumeMin, WatchdogStepMax);
        _resumedAt = now;
        return time;
    }

    /// <summary>As ResumeTrap, whatever has been accepted: for one instruction that must not be cut off from what is
    /// done before and after it. Interrupts are closed in its frame, and the watchdog bites when driver code is resumed
    /// behind it: only there is that written down.</summary>
    internal VcpuExit Step(ulong frame, KIRQL irql)
    {
        long before = 0;
        VcpuExit exit;
        do
        {
            _ = HasPendingInterrupt;
            (before, Spent) = (before + Spent, 0);
            exit = ResumeTrap(frame, irql);
        }
        while (exit.Reason == VcpuExitReason.NotStarted);
        Spent += before;
        return exit;
    }

    private static uint SliceInstructionsOf(MachineOptions options) => options is { Deterministic: true, Slices: true }
        ? Math.Max(options.Cpu.SliceInstructions, SliceInstructionsMin)
        : 0;

    public ulong FindGuestRoutine(string name) =>
        _watchesCalls && GuestRoutines.IsObservable(name) ? 0 : _routines.Find(name);

    public LoadedModule GuestModule => _routines.Module;

    /// <summary>Whether the processor has not been handed to a kernel yet: it has run nothing but the monitor, and who
    /// sets the machine up is the one to make requests.</summary>
    internal bool IsBooting { get; set; } = true;

    /// <summary>Waits for the monitor to come up.</summary>
    internal void AwaitReady()
    {
        const long PatienceNanoseconds = 10_000_000_000;
        _mailbox.AnnounceSleep();
        long end = _clock.InterruptTime + PatienceNanoseconds / 100;
        while (!_mailbox.IsReady)
        {
            ThrowIfLost();
            if (_clock.InterruptTime >= end)
            {
                throw new MachineStartException(
                    "the monitor did not come up: the firmware image does not run on this QEMU");
            }
            _ = _qemu.Doorbell.Wait(1_000_000);
        }
        _mailbox.AnnounceAwake();
        uint version = _mailbox.Dword(MonitorLayout.RomVersion);
        if (version != MonitorLayout.LayoutVersion)
        {
            throw new MachineStartException($"hil-monitor.rom has layout version {version}, "
                + $"this program needs {MonitorLayout.LayoutVersion}: rebuild");
        }
        _sharedTime.Initialize();
    }
}
