namespace Hil.Machine;

// The host and the virtual processor talk through one page. Turn says whose turn it is; it shares its cache line with
// the request and the exit, so that one round trip moves one line there and back. The host writes a request, then Turn
// = 1; the monitor carries it out, writes the exit over it, then Turn = 0. All other lines have one writer each, and
// the host makes no read-modify-write here: TCG's stores are not atomic against it.
//
// Sleeping (Dekker): who goes to sleep stores its flag, fences, looks once more; who hands over stores, fences, looks
// at the flag. The guest's fence is `mov cr8`: with one virtual processor TCG emits no barrier for mfence or lock, but
// CR8 goes through the interrupt controller's lock. It is dear (95 ns of a round trip of 300), so the monitor fences
// only before it sleeps itself; for its hand-overs without a fence the host, who has the time, looks twice: its first
// sleep is short (VirtualCpu.FirstSleep), far longer than a store stays in the buffer of the processor that made it.

/// <summary>Layout of the monitor's data. The ROM is generated from these numbers; a change needs a new
/// LayoutVersion.</summary>
internal static class MonitorLayout
{
    /// <summary>Written by the ROM when it is up; the host compares.</summary>
    public const uint LayoutVersion = 5;

    // Line 0: the token, the request and the exit. A kernel call: its number and, above that, its return address in A,
    // the frame in B, RCX, RDX, R8 and R9 in C to F, so that the host need not touch the driver's stack.
    public const int Turn = 0x00;
    public const int Operation = 0x04;
    public const int A = 0x08;
    public const int B = 0x10;
    public const int C = 0x18;
    public const int D = 0x20;
    public const int E = 0x28;
    public const int F = 0x30;
    public const int CallNumberBits = 16;

    /// <summary>Request: CR8 to run with. Exit: CR8 as it was (32 bits, so the three bytes after it are
    /// overwritten).</summary>
    public const int Irql = 0x38;
    public const int EndOfInterrupts = 0x39;
    public const int Flags = 0x3A;
    public const int RingSeen = 0x3B;

    // Line 1: written by the virtual processor.
    public const int VcpuSleeping = 0x40;
    public const int Ready = 0x44;
    public const int RomVersion = 0x48;
    public const int BootCount = 0x4C;

    // Line 2: written by the host.
    public const int HostSleeping = 0x80;
    public const int SpinBudget = 0x84;
    public const int WatchdogArmed = 0x88;

    /// <summary>The interrupt flag's bit where driver code runs with interrupts open. 0: it runs with closed ones, and
    /// no ring may reach it.</summary>
    public const int InterruptsOpen = 0x8C;
    public const uint InterruptFlag = 0x200;

    /// <summary>Instructions after which driver code is cut into; 0 for never.</summary>
    public const int SliceInstructions = 0x90;

    /// <summary>Without <see cref="InterruptsOpen"/>: whether the host rings for this turn. The host says so after it
    /// has looked at VcpuSleeping; until then 0.</summary>
    public const int RingDecision = 0x94;
    public const uint NoRing = 1;
    public const uint Ring = 2;

    // Line 3: the monitor's own.
    public const int InDriver = 0xC0;

    /// <summary>What Irql and the three bytes after it are in a request that leaves CR8 as it is, brings nothing along
    /// and has seen all of the ring: CR8, 0, 0, the low byte of RingHead. Without <see cref="InterruptsOpen"/> it has a
    /// value that no request has.</summary>
    public const int Settled = 0xC4;
    public const int Cr8Shadow = Settled;
    public const int SettledEndOfInterrupts = Settled + 1;
    public const int SettledRing = Settled + 3;
    public const uint NeverSettled = 0xFF;
    public const int NmiTaken = 0xC8;

    // Line 4: interrupts accepted while the virtual processor waited for the host.
    public const int RingHead = 0x100;
    public const int RingEntries = 0x110;
    public const int RingCapacity = 32;

    // Side data of requests whose flags ask for it.
    public const int SaveArea = 0x140;
    public const int LoadArea = 0x148;
    public const int InvalidationCount = 0x150;
    public const int Invalidations = 0x180;

    public const int TaskStateSegment = 0x1000;
    public const int TaskStateSegmentBytes = 0x68;

    public const int MonitorStackTop = 0x4000;
    public const int DoubleFaultStackTop = 0x6000;
    public const int NmiStackTop = 0x8000;
    public const int MachineCheckStackTop = 0xA000;

    /// <summary>Data of bulk requests.</summary>
    public const int Buffer = 0xA000;
    public const int BufferBytes = 0x4000;

    /// <summary>XMM6-15 and MXCSR of the threads that do not run.</summary>
    public const int Contexts = 0xE000;
    public const int ContextBytes = 192;
    public const int ContextCount = 4096;

    public const int Bytes = Contexts + ContextBytes * ContextCount;

    public const byte FlagDispatchInterrupt = 1;
    public const byte FlagSwitchContext = 2;
    public const byte FlagInvalidate = 4;
    public const byte FlagInvalidateAll = 8;
}

/// <summary>What the host asks the monitor to do.</summary>
internal enum MonitorRequest : uint
{
    Call = 1,
    ResumeCall = 2,
    ResumeTrap = 3,

    /// <summary>Only what every request does: end interrupts, set CR8.</summary>
    Nothing = 4,

    // A: address; the value comes back in A.
    Read8, Read16, Read32, Read64,

    // A: address, B: value.
    Write8, Write16, Write32, Write64,

    // A: port, B: value.
    In8, In16, In32, Out8, Out16, Out32,

    // A: address or port, B: count of items; data in the buffer.
    ReadMany8, ReadMany16, ReadMany32, ReadMany64,
    WriteMany8, WriteMany16, WriteMany32, WriteMany64,
    InMany8, InMany16, InMany32, OutMany8, OutMany16, OutMany32,

    // A: address, B: mask, C: expected, D: reads at most; A comes back 1 or 0.
    Poll8, Poll16, Poll32, Poll64,

    /// <summary>A: count; the buffer holds address, value, width triples of 8 bytes each.</summary>
    WriteBatch,

    /// <summary>A: destination in driver space, B: bytes; data in the buffer. Ignores write protection.</summary>
    WriteCode,

    End,
}

/// <summary>Exit codes beyond VcpuExitReason.</summary>
internal static class MonitorExit
{
    public const uint Done = 0x10;

    /// <summary>The monitor itself faulted. A: vector, B: RIP, C: CR2, D: error code.</summary>
    public const uint Panic = 0x11;
}
