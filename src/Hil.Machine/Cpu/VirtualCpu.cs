using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Intrinsics.X86;
using Hil.Machine.Qemu;

namespace Hil.Machine;

/// <summary>The virtual processor: QEMU's vCPU under our monitor, driven through the mailbox.</summary>
public sealed unsafe class VirtualCpu : IVirtualProcessor
{
    private const byte NoRequestFlags = 0;
    private const ulong InterruptFlag = 0x200;

    // Where driver code runs with the interrupt flag clear, AC tells what it made of that flag: set for closed. At ring 0 AC
    // has no meaning of its own, and traps, PUSHFQ and POPFQ carry it along.
    private const ulong ClosedFlag = 0x4_0000;
    private const uint SliceInstructionsMin = 1_000; // Far above what lies between the timer's start and driver code.
    private const uint InstructionsPerUnit = 100; // 100 ns at 1 ns each, which is how QEMU counts them.

    // What the watchdog counts for one resume at least, 1 µs: code that faults all the time, such as a loop that reads a
    // trapped register, is never caught sleeping.
    private const long ResumeCharge = 10;

    // How often a sleeping host looks after the clock page while driver code runs, in 100 ns units.
    private const long ClockPeriod = 10_000;

    // What the watchdog counts for one look at most: a paused host (GC, debugger) is not the driver's fault.
    private const long WatchdogStepMax = 4 * ClockPeriod;

    // A processor that does not even take an NMI for this long is lost.
    private const long NmiPatience = 20_000_000;

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
    private volatile bool _wakeRequested;
    private volatile MachineLostException? _loss;

    /// <summary>Waits for the monitor to come up. The RAM window was prepared before QEMU started.</summary>
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
        _routines = routines;
        qemu.OnLost(OnLost);
        WaitUntilReady();
    }

    public ulong StubBase => _ram.Base + MachineLayout.StubsOffset;

    public uint StubCount => MachineLayout.StubCount;

    public long Spent { get; set; }

    public bool HasPendingInterrupt
    {
        get
        {
            if (_mailbox.RingHead != _ringSeen)
                PullRing();
            return _acceptedCount != 0;
        }
    }

    /// <summary>Writes what the monitor needs before QEMU starts.</summary>
    public static void Prepare(RamWindow ram, MachineOptions options)
    {
        byte* data = ram.MonitorData;
        var mailbox = new Mailbox(data);
        mailbox.Operand(MonitorLayout.A) = ram.ProcessorControlRegion;
        mailbox.Dword(MonitorLayout.SpinBudget) = options.Cpu.GuestSpinRounds;
        mailbox.Dword(MonitorLayout.InterruptsClosed) = options.Deterministic ? 1u : 0;
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
        Spent = 0;
        return RunDriver(MonitorRequest.Call, irql);
    }

    public VcpuExit ResumeCall(ulong frame, ulong result, KIRQL irql)
    {
        BeforeRequest();
        if (_isDeterministic)
            ((KernelCallFrame*)frame)->Rflags &= ~InterruptFlag;
        _mailbox.Operand(MonitorLayout.A) = frame;
        _mailbox.Operand(MonitorLayout.B) = result;
        Spent = 0;
        return RunDriver(MonitorRequest.ResumeCall, irql);
    }

    public VcpuExit ResumeTrap(ulong frame, KIRQL irql)
    {
        Spent += ResumeCharge;
        if (Spent >= _watchdog)
            return new VcpuExit(VcpuExitReason.Watchdog, irql, 0, frame);
        BeforeRequest();
        if (_isDeterministic)
            CloseInterrupts((TrapFrame*)frame);
        _mailbox.Operand(MonitorLayout.A) = ToGuest(frame);
        return RunDriver(MonitorRequest.ResumeTrap, irql);
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

    /// <summary>Whether the code behind a frame would be cut into.</summary>
    public bool IsInterruptible(ulong frame) => _isDeterministic
        ? (((TrapFrame*)frame)->Rflags & (ClosedFlag | InterruptFlag)) != ClosedFlag
        : (((TrapFrame*)frame)->Rflags & InterruptFlag) != 0;

    /// <summary>Opens or closes interrupts as the driver sees them. Deterministic machines only.</summary>
    internal static void SetInterruptible(TrapFrame* frame, bool isOpen) =>
        frame->Rflags = isOpen ? frame->Rflags & ~ClosedFlag : frame->Rflags | ClosedFlag;

    // An STI that was no stop, or a frame of the kernel's own, may have opened them for real.
    private static void CloseInterrupts(TrapFrame* frame)
    {
        if ((frame->Rflags & InterruptFlag) != 0)
            frame->Rflags &= ~(InterruptFlag | ClosedFlag);
    }

    private static uint SliceInstructionsOf(MachineOptions options) => options is { Deterministic: true, Slices: true }
        ? Math.Max(options.Cpu.SliceInstructions, SliceInstructionsMin)
        : 0;

    public bool TryTakeInterrupt(KIRQL irql, out byte vector)
    {
        vector = 0;
        if (!HasPendingInterrupt)
            return false;
        byte last = _accepted[_acceptedCount - 1];
        if (LevelOf(last) <= irql.Value)
            return false;
        vector = last;
        _acceptedCount--;
        return true;
    }

    public void EndOfInterrupt() => _endOfInterrupts++;

    /// <summary>Nothing cuts into a deterministic machine's driver code: there the host looks at its next exit.</summary>
    public void RequestDispatchInterrupt() => _wantsDispatchInterrupt = !_isDeterministic;

    public void ArmPreemption(long deadline) => _preemptAt = deadline;

    public void SelectContext(uint contextId)
    {
        Invariant.Holds(contextId < MonitorLayout.ContextCount, "a context id is below the number of save areas");
        _wantedContext = contextId;
    }

    public ulong FindGuestRoutine(string name) =>
        _watchesCalls && GuestRoutines.IsObservable(name) ? 0 : _routines.Find(name);

    public LoadedModule GuestModule => _routines.Module;

    public void WriteCode(ulong address, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, MonitorLayout.BufferBytes);
            FlushPosted();
            bytes[..count].CopyTo(_mailbox.Buffer);
            Operate(MonitorRequest.WriteCode, address, (ulong)count);
            address += (ulong)count;
            bytes = bytes[count..];
        }
    }

    public void Wake()
    {
        _wakeRequested = true;
        _qemu.Doorbell.Wake();
    }

    public void Idle(KIRQL irql, long deadline)
    {
        if (_endOfInterrupts != 0 || _idleIrql != irql)
            Request(MonitorRequest.Nothing, irql);
        _idleIrql = irql;
        FlushPosted();
        long spinUntil = Stopwatch.GetTimestamp() + _spinTicks;
        while (!IsIdleOver(deadline))
        {
            if (Stopwatch.GetTimestamp() >= spinUntil)
            {
                IdleAsleep(deadline);
                break;
            }
            Thread.SpinWait(1);
        }
        _wakeRequested = false;
        ThrowIfLost();
    }

    /// <summary>One request on behalf of host code, such as a register access.</summary>
    /// <returns>What the monitor left in operand A.</returns>
    internal ulong Operate(MonitorRequest request, ulong a, ulong b = 0, ulong c = 0, ulong d = 0)
    {
        BeforeRequest();
        _mailbox.Operand(MonitorLayout.A) = a;
        _mailbox.Operand(MonitorLayout.B) = b;
        _mailbox.Operand(MonitorLayout.C) = c;
        _mailbox.Operand(MonitorLayout.D) = d;
        Request(request, PassiveLevel);
        return _mailbox.Operand(MonitorLayout.A);
    }

    /// <summary>Bytes that go with a bulk request.</summary>
    internal Span<byte> Buffer => _mailbox.Buffer;

    /// <summary>Queues a write that goes out with the next request.</summary>
    internal void Post(ulong address, int width, ulong value)
    {
        const int EntryBytes = 24;
        if ((_posted + 1) * EntryBytes > MonitorLayout.BufferBytes)
            FlushPosted();
        fixed (byte* buffer = _mailbox.Buffer)
        {
            var entry = (ulong*)(buffer + _posted * EntryBytes);
            (entry[0], entry[1], entry[2]) = (address, value, (ulong)width);
        }
        _posted++;
    }

    internal void FlushPosted()
    {
        if (_posted == 0)
            return;
        ThrowIfLost();
        _mailbox.Operand(MonitorLayout.A) = (ulong)_posted;
        _posted = 0;
        Request(MonitorRequest.WriteBatch, PassiveLevel);
    }

    private static KIRQL PassiveLevel => 0;

    private static int LevelOf(byte vector) => vector >> 4;

    private void BeforeRequest()
    {
        if (_posted != 0)
            FlushPosted();
        if (_loss != null)
            ThrowIfLost();
    }

    private VcpuExit RunDriver(MonitorRequest request, KIRQL irql)
    {
        if (!_isDeterministic)
            _sharedTime.Update();
        bool mustRing = HandOver(request, irql, TakeFlags());
        if (mustRing || !SpinForTurn())
            SleepForTurn(driverRuns: true);
        return ReadExit();
    }

    private void Request(MonitorRequest request, KIRQL irql)
    {
        _idleIrql = irql;
        bool mustRing = HandOver(request, irql, NoRequestFlags);
        if (mustRing || !SpinForTurn())
            SleepForTurn(driverRuns: false);
        if (_mailbox.Operation != MonitorExit.Done)
            FailMonitor();
    }

    /// <summary>Gives the turn to the monitor; true when it slept and was rung for.</summary>
    private bool HandOver(MonitorRequest request, KIRQL irql, byte flags)
    {
        if (_isDeterministic)
            _mailbox.Dword(MonitorLayout.RingDecision) = 0;
        bool mustRing = _mailbox.Post((uint)request, irql.Value, TakeEndOfInterrupts(), flags, (byte)_ringSeen);
        if (_isDeterministic)
            Volatile.Write(ref _mailbox.Dword(MonitorLayout.RingDecision),
                mustRing ? MonitorLayout.Ring : MonitorLayout.NoRing);
        if (mustRing)
            _qemu.Qtest.RingNmi();
        return mustRing;
    }

    private byte TakeEndOfInterrupts()
    {
        byte count = _endOfInterrupts;
        _endOfInterrupts = 0;
        return count;
    }

    private byte TakeFlags()
    {
        byte flags = NoRequestFlags;
        if (_wantsDispatchInterrupt)
        {
            _wantsDispatchInterrupt = false;
            flags |= MonitorLayout.FlagDispatchInterrupt;
        }
        if (_wantedContext != _loadedContext)
            flags |= PrepareContextSwitch();
        if (_ram.HasInvalidations)
            flags |= PrepareInvalidation();
        return flags;
    }

    private byte PrepareContextSwitch()
    {
        const uint DefaultMxcsr = 0x1F80;
        const int MxcsrOffset = 160;
        if (!_hasContext[_wantedContext])
        {
            _hasContext[_wantedContext] = true;
            *(uint*)(_ram.MonitorData + ContextOffset(_wantedContext) + MxcsrOffset) = DefaultMxcsr;
        }
        _mailbox.Operand(MonitorLayout.SaveArea) = MachineLayout.MonitorData + (ulong)ContextOffset(_loadedContext);
        _mailbox.Operand(MonitorLayout.LoadArea) = MachineLayout.MonitorData + (ulong)ContextOffset(_wantedContext);
        _hasContext[_loadedContext] = true;
        _loadedContext = _wantedContext;
        return MonitorLayout.FlagSwitchContext;
    }

    private static int ContextOffset(uint id) => MonitorLayout.Contexts + (int)id * MonitorLayout.ContextBytes;

    private byte PrepareInvalidation()
    {
        bool all = _ram.MustInvalidateAll;
        ReadOnlySpan<ulong> pages = _ram.Invalidations;
        _mailbox.Dword(MonitorLayout.InvalidationCount) = (uint)pages.Length;
        for (int i = 0; i < pages.Length; i++)
            _mailbox.Operand(MonitorLayout.Invalidations + i * 8) = pages[i];
        _ram.ClearInvalidations();
        return all ? MonitorLayout.FlagInvalidateAll : MonitorLayout.FlagInvalidate;
    }

    private bool SpinForTurn()
    {
        const int RoundsPerLook = 256;
        long end = 0;
        while (true)
        {
            for (int i = 0; i < RoundsPerLook; i++)
            {
                if (_mailbox.IsHostsTurn)
                    return true;
                // The two processors of a core share its units: whoever waits leaves them to QEMU.
                if (X86Base.IsSupported)
                    X86Base.Pause();
            }
            long now = Stopwatch.GetTimestamp();
            end = end == 0 ? now + _spinTicks : end;
            if (now >= end || _wakeRequested || _loss != null)
                return false;
        }
    }

    private void SleepForTurn(bool driverRuns)
    {
        _mailbox.AnnounceSleep();
        var watch = new DriverWatch(this, driverRuns);
        while (!_mailbox.IsHostsTurn)
        {
            ThrowIfLost();
            long timeout = watch.Look();
            _ = _qemu.Doorbell.Wait(timeout == long.MaxValue ? -1 : Math.Max(timeout, 0) * 100);
        }
        _mailbox.AnnounceAwake();
    }

    private void IdleAsleep(long deadline)
    {
        _mailbox.AnnounceSleep();
        while (!IsIdleOver(deadline))
        {
            long timeout = deadline == long.MaxValue ? -1 : Math.Max(0, deadline - _clock.InterruptTime) * 100;
            _ = _qemu.Doorbell.Wait(timeout);
        }
        _mailbox.AnnounceAwake();
    }

    // What was accepted and put off (Schedule.TakeInterruptNow) is taken in a later round of the kernel's.
    private bool IsIdleOver(long deadline) =>
        _mailbox.RingHead != _ringSeen || _acceptedCount != 0 || _wakeRequested || _loss != null
        || (deadline != long.MaxValue && _clock.InterruptTime >= deadline);

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
                return new VcpuExit(VcpuExitReason.KernelCall, irql, value, frame);
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
        _wakeRequested = false;
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

    private void PullRing()
    {
        uint head = _mailbox.RingHead;
        if (head - _ringSeen > MonitorLayout.RingCapacity - _acceptedCount)
            throw Lose($"the interrupt ring is corrupt (head {head}, seen {_ringSeen})");
        for (; _ringSeen != head; _ringSeen++)
            _accepted[_acceptedCount++] = _mailbox.RingEntry(_ringSeen);
    }

    private void WaitUntilReady()
    {
        const long PatienceNanoseconds = 10_000_000_000;
        _mailbox.AnnounceSleep();
        long end = _clock.InterruptTime + PatienceNanoseconds / 100;
        while (!_mailbox.IsReady)
        {
            ThrowIfLost();
            if (_clock.InterruptTime >= end)
                throw new MachineStartException("the monitor did not come up: the firmware image does not run on this QEMU");
            _ = _qemu.Doorbell.Wait(1_000_000);
        }
        _mailbox.AnnounceAwake();
        uint version = _mailbox.Dword(MonitorLayout.RomVersion);
        if (version != MonitorLayout.LayoutVersion)
            throw new MachineStartException(
                $"hil-monitor.rom has layout version {version}, this program needs {MonitorLayout.LayoutVersion}: rebuild");
        _sharedTime.Initialize();
    }

    private void OnLost(MachineLostException loss)
    {
        _loss = loss;
        _qemu.Doorbell.Wake();
    }

    private void ThrowIfLost()
    {
        if (_loss is { } loss)
            throw new MachineLostException(loss.Message, loss.IsTripleFault, loss);
    }

    private MachineLostException Lose(string message)
    {
        var loss = new MachineLostException(message, isTripleFault: true);
        _loss = loss;
        return loss;
    }

    [DoesNotReturn]
    private void FailMonitor()
    {
        throw _mailbox.Operation == MonitorExit.Panic
            ? Lose($"the monitor took exception {_mailbox.Operand(MonitorLayout.A)} at 0x{_mailbox.Operand(MonitorLayout.B):x} "
                + $"(CR2 0x{_mailbox.Operand(MonitorLayout.C):x}, error 0x{_mailbox.Operand(MonitorLayout.D):x}): "
                + "a saved frame or the processor's state was overwritten")
            : Lose($"the mailbox is corrupt: exit code 0x{_mailbox.Operation:x}");
    }

    /// <summary>One stay in driver code, as a sleeping host sees it: clock page, preemption, watchdog.</summary>
    private struct DriverWatch(VirtualCpu cpu, bool driverRuns)
    {
        private const long NotBitten = -1;

        private long _last = cpu._clock.InterruptTime;
        private long _stay;
        private long _ringFrom;
        private long _bitten = NotBitten;

        /// <summary>Does what is due; returns how long to sleep, in 100 ns units, or long.MaxValue.</summary>
        public long Look()
        {
            long now = cpu._clock.InterruptTime;
            if (!driverRuns)
                return long.MaxValue;
            long step = Math.Min(now - _last, WatchdogStepMax);
            _last = now;
            // Neither is a stopped QEMU, and what is rung for meanwhile would only pile up.
            if (step != 0 && cpu._qemu.IsStopped)
                return ClockPeriod;
            _stay += step;
            if (cpu._sliceInstructions == 0)
                cpu.Spent += step;
            if (cpu._isDeterministic)
                return LookFromOutside(step);
            cpu._sharedTime.Update();
            bool mustCutIn = cpu._wakeRequested || now >= cpu._preemptAt;
            if (mustCutIn && now >= _ringFrom)
            {
                // A ring that reaches the monitor before driver code has begun is lost there: hence again and again.
                _ringFrom = now + ClockPeriod;
                cpu._qemu.Qtest.RingDoorbell(IVirtualProcessor.WakeVector);
            }
            if (cpu.Spent >= cpu._watchdog)
                Bite(step);
            return mustCutIn ? ClockPeriod : Math.Min(ClockPeriod, cpu._preemptAt - now);
        }

        // In slices time is counted in instructions; one single stay that long means that slices do not end.
        private long LookFromOutside(long step)
        {
            if (cpu.Spent >= cpu._watchdog || _stay >= cpu._watchdog + NmiPatience)
                Bite(step);
            return ClockPeriod;
        }

        private void Bite(long step)
        {
            if (_bitten == NotBitten)
            {
                _bitten = 0;
                Volatile.Write(ref cpu._mailbox.Dword(MonitorLayout.WatchdogArmed), 1);
                cpu._qemu.Qtest.RingNmi();
            }
            else if ((_bitten += step) >= NmiPatience)
            {
                throw cpu.Lose("the virtual processor does not react, not even to an NMI");
            }
        }
    }
}
