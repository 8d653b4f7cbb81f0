using System.Numerics;

namespace Hil.Kernel;

// A vector's upper half is its level, so choosing a vector is choosing a DIRQL. Devices are dealt out over the levels
// in turn, so that their interrupts nest as they may on a real machine; vector 0x2F (dispatch) and 0xD0 (doorbell) lie
// outside the levels of devices.
//
// One interrupt: raise IRQL, call service routines, end the interrupt, restore IRQL. It is ended after the routines
// have run, never before: a level-triggered line would otherwise be delivered again at once. A line's routines are
// called until one claims it. A message, or an edge, may stand for more than one cause, so all of its routines are
// called.

/// <summary>Connected interrupts by vector: allocates vectors and DIRQLs, calls service routines, ends interrupts,
/// finds storms.</summary>
public sealed unsafe class InterruptTable
{
    private const int VectorsPerLevel = 16;
    private const int ServiceStackBytes = 24 * 1024;
    private const uint InterruptTag = 0x49206F49; // 'Io I'

    private static ReadOnlySpan<byte> Levels => [7, 8, 6, 9, 5, 10, 4, 11, 3];

    private readonly NtKernel _kernel;
    private readonly InterruptVector?[] _vectors = new InterruptVector?[256];
    private readonly HashSet<nint> _connected = [];
    private readonly HashSet<nint> _inactive = [];
    private readonly PassiveInterrupts _passive;
    private int _nextLevel;

    internal InterruptTable(NtKernel kernel)
    {
        _kernel = kernel;
        Stack = kernel.Pages.AllocateStack(ServiceStackBytes);
        _passive = new PassiveInterrupts(kernel, this);
    }

    /// <summary>Interrupts that were served, for the summary of a run.</summary>
    public long Served { get; private set; }

    /// <summary>Interrupts that nobody claimed.</summary>
    public long Unclaimed { get; private set; }

    /// <summary>Lines that were masked because of an interrupt storm.</summary>
    public int Storms { get; private set; }

    /// <summary>The stack of service routines.</summary>
    internal GuestStack Stack { get; }

    /// <summary>Gives a line its vector; devices that share the line get the same one.</summary>
    /// <returns>False when no vector is left, or the line is in use in the other mode.</returns>
    public bool TryAllocateLine(uint line, bool isLevel, out byte vector)
    {
        foreach (InterruptVector? slot in _vectors)
        {
            if (slot == null || slot.Line != line)
                continue;
            vector = slot.Vector;
            if (slot.IsLevel != isLevel)
                return false;
            slot.Grants++;
            return true;
        }
        if (!TryFindFree(1, out vector))
            return false;
        _vectors[vector] = new InterruptVector(vector, line, isLevel);
        return true;
    }

    /// <summary>Takes a line back from one device.</summary>
    public void FreeLine(uint line)
    {
        foreach (InterruptVector? slot in _vectors)
        {
            if (slot != null && slot.Line == line)
            {
                Free(slot);
                return;
            }
        }
        Invariant.Holds(false, "only a line that was granted is freed");
    }

    /// <summary>Allocates vectors for messages: consecutive, of one level, the first aligned to their number.</summary>
    /// <param name="count">A power of two up to 16.</param>
    public bool TryAllocateVectors(int count, out byte first)
    {
        first = 0;
        if (count > VectorsPerLevel || !BitOperations.IsPow2(count) || !TryFindFree(count, out first))
            return false;
        for (int i = 0; i < count; i++)
            _vectors[first + i] = new InterruptVector((byte)(first + i), line: null, isLevel: false);
        return true;
    }

    /// <summary>Takes one vector of TryAllocateVectors back.</summary>
    public void FreeVector(byte vector)
    {
        Invariant.Holds(_vectors[vector] is { Line: null }, "only a vector that was granted is freed");
        Free(_vectors[vector]!);
    }

    /// <summary>How often a vector came.</summary>
    public long CountOf(byte vector) => _vectors[vector]?.Count ?? 0;

    /// <summary>Calls the service routines of a vector at its DIRQL on the ISR stack, ends the interrupt (EOI),
    /// restores IRQL.</summary>
    public void Service(byte vector)
    {
        Processor processor = _kernel.Processor;
        KIRQL irql = processor.Irql;
        Invariant.Holds(vector >> 4 > irql.Value, "an interrupt is taken only above the current IRQL");
        InterruptVector? slot = _vectors[vector];
        if (slot == null || !Serve(slot))
            NoteUnclaimed(vector);
        _kernel.Services.VirtualProcessor.EndOfInterrupt();
        processor.Irql = irql;
    }

    internal bool IsConnected(KINTERRUPT* interrupt) => _connected.Contains((nint)interrupt);

    /// <summary>Connects a service routine to a vector that was granted.</summary>
    internal NTSTATUS Connect(in InterruptConnection connection, out KINTERRUPT* interrupt)
    {
        interrupt = null;
        InterruptVector? slot = connection.Vector < (uint)_vectors.Length ? _vectors[connection.Vector] : null;
        if (slot == null || !IsRightLevel(connection, slot)
            || (connection.Mode == KINTERRUPT_MODE.LevelSensitive) != slot.IsLevel)
            return STATUS_INVALID_PARAMETER;
        if (slot.Chain.Length != 0 && !(connection.ShareVector && slot.Chain[0]->ShareVector))
            return STATUS_INVALID_PARAMETER;
        bool isReady = connection.Irql != PASSIVE_LEVEL || _passive.TryPrepare();
        interrupt = isReady ? Create(connection) : null;
        if (interrupt == null)
            return STATUS_INSUFFICIENT_RESOURCES;
        Connect(slot, interrupt);
        return STATUS_SUCCESS;
    }

    internal void Disconnect(KINTERRUPT* interrupt)
    {
        _connected.Remove((nint)interrupt);
        _inactive.Remove((nint)interrupt);
        InterruptVector? slot = SlotOf(interrupt);
        int index = slot == null ? -1 : IndexIn(slot, interrupt);
        if (index < 0)
            return;
        var chain = new KINTERRUPT*[slot!.Chain.Length - 1];
        for (int i = 0; i < chain.Length; i++)
            chain[i] = slot.Chain[i < index ? i : i + 1];
        slot.Chain = chain;
        if (chain.Length == 0 && slot.Line is uint line)
            _kernel.Services.InterruptController.MaskLine(line);
        else
            FollowActivity(slot);
    }

    /// <summary>Whether a service routine may be called: it is connected and its driver has not reported it
    /// inactive.</summary>
    internal bool IsActive(KINTERRUPT* interrupt) => IsConnected(interrupt) && !_inactive.Contains((nint)interrupt);

    /// <summary>Makes a service routine active or inactive. A line on which none is active is masked.</summary>
    internal void SetActive(KINTERRUPT* interrupt, bool isActive)
    {
        if (isActive)
            _inactive.Remove((nint)interrupt);
        else
            _inactive.Add((nint)interrupt);
        if (SlotOf(interrupt) is { } slot)
            FollowActivity(slot);
    }

    /// <summary>Its passive-level routines are through: opens a level-triggered line.</summary>
    internal void EndPassive(InterruptVector slot, bool isClaimed, long begin)
    {
        if (!isClaimed)
            NoteUnclaimed(slot.Vector);
        if (!slot.IsLevel)
            return;
        slot.AwaitsPassive = false;
        if (slot.Chain.Length != 0 && !MasksStorm(slot, isClaimed, begin) && !slot.IsClosed)
            _kernel.Services.InterruptController.UnmaskLine(slot.Line!.Value);
    }

    private InterruptVector? SlotOf(KINTERRUPT* interrupt) => _vectors[interrupt->Vector & 0xFF];

    private bool HasActive(InterruptVector slot)
    {
        foreach (KINTERRUPT* interrupt in slot.Chain)
        {
            if (!_inactive.Contains((nint)interrupt))
                return true;
        }
        return false;
    }

    private void FollowActivity(InterruptVector slot)
    {
        bool isClosed = !HasActive(slot);
        if (slot.Line is not uint line || isClosed == slot.IsClosed)
            return;
        slot.IsClosed = isClosed;
        if (isClosed)
            _kernel.Services.InterruptController.MaskLine(line);
        else if (!slot.AwaitsPassive)
            _kernel.Services.InterruptController.UnmaskLine(line);
    }

    private static bool IsRightLevel(in InterruptConnection connection, InterruptVector slot) =>
        connection.Irql == PASSIVE_LEVEL
            ? connection.SynchronizeIrql == PASSIVE_LEVEL && connection.SpinLock == null
            : connection.Irql == slot.Irql && connection.SynchronizeIrql.Value >= slot.Irql.Value
                && connection.SynchronizeIrql.Value <= SYNCH_LEVEL;

    private KINTERRUPT* Create(in InterruptConnection connection)
    {
        int bytes = sizeof(KINTERRUPT) + (connection.Irql == PASSIVE_LEVEL ? sizeof(KEVENT) : 0);
        var interrupt = (KINTERRUPT*)_kernel.Pool.Allocate((nuint)bytes, InterruptTag, zero: true);
        if (interrupt == null)
            return null;
        if (connection.Irql == PASSIVE_LEVEL)
        {
            interrupt->PassiveEvent = (KEVENT*)(interrupt + 1);
            Ntoskrnl.KeInitializeEvent(interrupt->PassiveEvent, EVENT_TYPE.SynchronizationEvent, true);
        }
        interrupt->Type = (short)KOBJECTS.InterruptObject;
        interrupt->Size = (short)sizeof(KINTERRUPT);
        interrupt->ServiceRoutine = connection.ServiceRoutine;
        interrupt->MessageServiceRoutine = connection.MessageServiceRoutine;
        interrupt->MessageIndex = connection.MessageIndex;
        interrupt->ServiceContext = connection.ServiceContext;
        interrupt->ActualLock = connection.SpinLock != null ? connection.SpinLock : &interrupt->SpinLock;
        interrupt->Vector = connection.Vector;
        interrupt->Irql = connection.Irql;
        interrupt->SynchronizeIrql = connection.SynchronizeIrql;
        interrupt->Mode = connection.Mode;
        interrupt->ShareVector = connection.ShareVector;
        interrupt->PhysicalDeviceObject = connection.PhysicalDevice;
        return interrupt;
    }

    private void Connect(InterruptVector slot, KINTERRUPT* interrupt)
    {
        var chain = new KINTERRUPT*[slot.Chain.Length + 1];
        slot.Chain.CopyTo(chain, 0);
        chain[^1] = interrupt;
        slot.Chain = chain;
        slot.Storm.Reset();
        interrupt->Connected = true;
        _connected.Add((nint)interrupt);
        if (chain.Length != 1)
        {
            FollowActivity(slot);
            return;
        }
        slot.IsClosed = false;
        if (slot.Line is uint line)
            _kernel.Services.InterruptController.ConnectLine(line, slot.Vector, slot.IsLevel, activeLow: slot.IsLevel);
    }

    private static int IndexIn(InterruptVector slot, KINTERRUPT* interrupt)
    {
        for (int i = 0; i < slot.Chain.Length; i++)
        {
            if (slot.Chain[i] == interrupt)
                return i;
        }
        return -1;
    }

    private bool Serve(InterruptVector slot)
    {
        slot.Count++;
        Served++;
        if (!slot.IsLevel)
        {
            bool isAnyClaimed = CallAll(slot);
            return slot.HasPassive ? LeaveToPassive(slot, isAnyClaimed) : isAnyClaimed;
        }
        long begin = _kernel.Clock.InterruptTime;
        bool isClaimed = CallUntilClaimed(slot);
        if (!isClaimed && slot.HasPassive)
            return LeaveToPassive(slot, false);
        MasksStorm(slot, isClaimed, begin);
        return isClaimed;
    }

    // Whether anybody claims it shows when a thread has called the routines.
    private bool LeaveToPassive(InterruptVector slot, bool isClaimed)
    {
        _passive.Add(slot, isClaimed);
        return true;
    }

    private bool MasksStorm(InterruptVector slot, bool isClaimed, long begin)
    {
        if (!slot.Storm.Note(isClaimed, _kernel.Scheduler.Progress, begin, _kernel.Clock.InterruptTime))
            return false;
        MaskStorm(slot, isClaimed ? slot.Claimant : 0);
        return true;
    }

    private void NoteUnclaimed(byte vector)
    {
        Unclaimed++;
        _kernel.Events.Add(KernelEventKind.InterruptUnclaimed, vector);
    }

    private bool CallUntilClaimed(InterruptVector slot)
    {
        foreach (KINTERRUPT* interrupt in slot.Chain)
        {
            if (!IsForDirql(interrupt) || !Call(interrupt))
                continue;
            slot.Claimant = RoutineOf(interrupt).Address;
            return true;
        }
        return false;
    }

    private bool IsForDirql(KINTERRUPT* interrupt) =>
        interrupt->PassiveEvent == null && !_inactive.Contains((nint)interrupt);

    // An edge that comes while another device on it is served would be lost: go round until nobody has anything to do.
    private bool CallAll(InterruptVector slot)
    {
        bool isClaimed = false;
        bool again;
        do
        {
            again = false;
            foreach (KINTERRUPT* interrupt in slot.Chain)
                again |= IsForDirql(interrupt) && Call(interrupt);
            isClaimed |= again;
        }
        while (again && slot.Chain.Length > 1);
        return isClaimed;
    }

    private static DriverRoutine RoutineOf(KINTERRUPT* interrupt) =>
        interrupt->MessageServiceRoutine.IsNull ? interrupt->ServiceRoutine : interrupt->MessageServiceRoutine;

    private bool Call(KINTERRUPT* interrupt)
    {
        Processor processor = _kernel.Processor;
        processor.Irql = interrupt->SynchronizeIrql;
        KSPIN_LOCK* spinLock = Ntoskrnl.LockOf(interrupt);
        Ntoskrnl.Hold(spinLock);
        _kernel.Events.Add(KernelEventKind.IsrEnter, interrupt->Vector, (ulong)interrupt);
        bool isMessage = !interrupt->MessageServiceRoutine.IsNull;
        ulong result = processor.Interrupt(
            Stack,
            RoutineOf(interrupt),
            (ulong)interrupt,
            (ulong)interrupt->ServiceContext,
            isMessage ? interrupt->MessageIndex : 0);
        bool isClaimed = (byte)result != 0;
        _kernel.Events.Add(KernelEventKind.IsrLeave, interrupt->Vector, (ulong)interrupt, isClaimed ? 1u : 0);
        Ntoskrnl.Release(spinLock);
        interrupt->ServiceCount++;
        return isClaimed;
    }

    private void MaskStorm(InterruptVector slot, ulong claimant)
    {
        Storms++;
        _kernel.Services.InterruptController.MaskLine(slot.Line!.Value);
        _kernel.Events.Add(KernelEventKind.InterruptStorm, slot.Line.Value, (ulong)slot.Storm.Length, claimant);
        slot.Storm.Reset();
    }

    private bool TryFindFree(int count, out byte first)
    {
        for (int i = 0; i < Levels.Length; i++)
        {
            byte level = Levels[_nextLevel++ % Levels.Length];
            for (int at = level * VectorsPerLevel; at < (level + 1) * VectorsPerLevel; at += count)
            {
                if (_vectors.AsSpan(at, count).IndexOfAnyExcept((InterruptVector?)null) >= 0)
                    continue;
                first = (byte)at;
                return true;
            }
        }
        first = 0;
        return false;
    }

    private void Free(InterruptVector slot)
    {
        if (--slot.Grants != 0)
            return;
        if (slot.Chain.Length != 0)
        {
            _kernel.Violation($"a device gave up vector 0x{slot.Vector:x} while the service routine "
                + $"{_kernel.Modules.Describe(RoutineOf(slot.Chain[0]).Address)} is connected to it");
        }
        if (slot.Line is uint line)
            _kernel.Services.InterruptController.MaskLine(line);
        _vectors[slot.Vector] = null;
    }
}
